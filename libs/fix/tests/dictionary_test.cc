#include "evx/fix/dictionary.h"

#include <catch2/catch.hpp>
#include <string>

namespace evx::fix {
namespace {

constexpr std::string_view kHeader =
    "8=FIXT.1.1|9=1|35=%|49=K|56=KalshiMD|34=2|52=20260805-13:00:00.000|";

std::optional<SessionReject> Check(std::string_view type, std::string_view body) {
  std::string bytes(kHeader);
  bytes.replace(bytes.find('%'), 1, type);
  bytes += std::string(body) + "10=000|";
  for (char& c : bytes) c = c == '|' ? kSoh : c;
  Message message;
  REQUIRE(message.Parse(bytes));
  return Dictionary::Kalshi().Check(message);
}

TEST_CASE("Dictionary: groups hold as many entries as they say", "[fix]") {
  CHECK_FALSE(Check("V", "263=1|146=2|55=A|55=B|"));
  CHECK_FALSE(Check("V", "263=2|"));
  const auto fault = Check("V", "263=1|146=3|55=A|55=B|");
  REQUIRE(fault);
  CHECK(fault->reason == SessionRejectReason::kGroupCountIncorrect);
  CHECK(fault->tag == tag::kNoRelatedSym);
}

TEST_CASE("Dictionary: a file that is no dictionary is refused", "[fix]") {
  CHECK_FALSE(Dictionary::FromXml("<fix", "").ok());
  CHECK_FALSE(Dictionary::FromXml("<a b=c/>", "").ok());
  CHECK_FALSE(
      Dictionary::FromXml("<message msgtype='1'><field name='None' required='Y'/></message>", "")
          .ok());
  CHECK_FALSE(Dictionary::FromXml("<field number='40000' name='Far' type='INT'/>", "").ok());
}

TEST_CASE("Dictionary: every message of the dialect is known", "[fix]") {
  for (const std::string_view type :
       {"0", "1",   "2",   "3",  "4",  "5",  "A",   "D", "F", "G", "q", "r", "8", "9",
        "j", "UOG", "UOH", "U1", "U2", "U3", "UMS", "V", "W", "X", "Y", "e", "f"}) {
    INFO(type);
    CHECK(Dictionary::Kalshi().IsKnown(type));
  }
}

}  // namespace
}  // namespace evx::fix
