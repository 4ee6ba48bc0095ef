#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "evx/fix/message.h"
#include "evx/fix/tags.h"

namespace evx::fix {

// Why a message is answered with Reject (3).
struct SessionReject {
  int tag = 0;  // 0: none.
  SessionRejectReason reason = SessionRejectReason::kOther;
  std::string text;
};

// Which messages there are and what each must and may contain: the two data dictionaries of
// dictionaries/, read from their XML (QuickFIX's form, of which groups, fields, values and
// `required` are used). Immutable, thread-safe.
class Dictionary {
 public:
  // FIXT11.xml and FIX50SP2-Kalshi.xml, which the library carries inside itself.
  static const Dictionary& Kalshi();
  // For other files; the error names what is wrong with which.
  static absl::StatusOr<std::unique_ptr<Dictionary>> FromXml(std::string_view session_xml,
                                                             std::string_view application_xml);
  ~Dictionary();

  bool IsKnown(std::string_view type) const;
  // The first fault of a message in the order of its fields, then of missing ones; nothing when it
  // may be decoded. About 20 ns a field.
  std::optional<SessionReject> Check(const Message& message) const;

 private:
  struct Impl;
  explicit Dictionary(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace evx::fix
