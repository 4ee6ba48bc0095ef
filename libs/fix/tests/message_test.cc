#include "evx/fix/message.h"

#include <catch2/catch.hpp>
#include <string>

#include "evx/fix/tags.h"

namespace evx::fix {
namespace {

constexpr Timestamp kTime = Timestamp::FromMillis(1'785'934'800'123);

TEST_CASE("Message: length and checksum are those of the standard", "[fix]") {
  std::string bytes;
  AppendMessage({"0", "KEY", "KalshiNR", 2, kTime, {}}, "", bytes);
  for (char& c : bytes) c = c == kSoh ? '|' : c;
  CHECK(bytes == "8=FIXT.1.1|9=54|35=0|49=KEY|56=KalshiNR|34=2|52=20260805-13:00:00.123|10=250|");
}

TEST_CASE("Message: text from outside cannot add a field", "[fix]") {
  BodyWriter body;
  body.Add(tag::kText,
           "a\x01"
           "11=b");
  CHECK(body.bytes() == "58=a 11=b\x01");
}

TEST_CASE("UTC timestamps: parsed and written alike", "[fix]") {
  CHECK(FormatUtcTimestamp(kTime) == "20260805-13:00:00.123");
  CHECK(FormatUtcDate(kTime) == "20260805");
  CHECK(FormatUtcTime(kTime) == "13:00:00.123");
  CHECK(ParseUtcTimestamp("20260805-13:00:00.123") == kTime);
  CHECK(ParseUtcTimestamp("20260805-13:00:00") == Timestamp::FromSeconds(1'785'934'800));
  CHECK(ParseUtcTimestamp("20260805-13:00:00.123456789") ==
        Timestamp::FromNanos(1'785'934'800'123'456'789));
  for (const std::string_view wrong :
       {"", "20260805", "20260805 13:00:00", "20260231-13:00:00", "20261305-13:00:00",
        "20260805-24:00:00", "20260805-13:60:00", "20260805-13:00:00.", "20260805-13:00:00.1",
        "20260805-13:00:00.12x", "2026-8-05-13:00:0", "20260805-13:00:00.1234567890"}) {
    INFO(wrong);
    CHECK_FALSE(ParseUtcTimestamp(wrong));
  }
}

TEST_CASE("Logon: the signed text is five values and four separators", "[fix]") {
  CHECK(LogonSignedText("20260805-13:00:00.123", "1", "KEY", "KalshiNR") ==
        "20260805-13:00:00.123\x01"
        "A\x01"
        "1\x01"
        "KEY\x01"
        "KalshiNR");
}

TEST_CASE("Frame: every cut of a message is incomplete", "[fix]") {
  std::string bytes;
  AppendMessage({"1", "KEY", "KalshiNR", 2, kTime, {}}, "112=x\x01", bytes);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    INFO(size);
    const Frame frame = NextFrame(std::string_view(bytes).substr(0, size));
    CHECK(((frame.status == Frame::Status::kIncomplete) ||
           (frame.status == Frame::Status::kGarbled && frame.size == 0)));
  }
  CHECK(NextFrame(bytes).status == Frame::Status::kMessage);
  CHECK(NextFrame(bytes).size == bytes.size());
}

TEST_CASE("Frame: a stream without an end is given up", "[fix]") {
  std::string bytes =
      "8=FIXT.1.1\x01"
      "9=9999999\x01"
      "35=D\x01";
  bytes.append(kMessageBytesMax, 'x');
  CHECK(NextFrame(bytes).status == Frame::Status::kOversize);
}

}  // namespace
}  // namespace evx::fix
