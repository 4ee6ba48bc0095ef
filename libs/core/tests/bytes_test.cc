#include "evx/core/bytes.h"

#include <catch2/catch.hpp>
#include <string>

namespace evx {
namespace {

TEST_CASE("Bytes: every type comes back as it was written", "[core]") {
  std::string bytes;
  ByteWriter writer(bytes);
  writer.U8(0xfe);
  writer.U16(0x1234);
  writer.U32(0xdeadbeef);
  writer.U64(0x0123'4567'89ab'cdef);
  writer.I64(-5);
  writer.Bool(true);
  writer.Put(Money::FromMicros(-17));
  writer.Put(Quantity::FromCentis(250));
  writer.Put(Price::FromCents(56));
  writer.Put(Timestamp::FromNanos(123));
  writer.Put(AccountId(7));
  writer.Put(OrderId(8));
  writer.Text("ticker");
  writer.Bytes("xy");

  ByteReader reader(bytes);
  CHECK(reader.U8() == 0xfe);
  CHECK(reader.U16() == 0x1234);
  CHECK(reader.U32() == 0xdeadbeef);
  CHECK(reader.U64() == 0x0123'4567'89ab'cdef);
  CHECK(reader.I64() == -5);
  CHECK(reader.Bool());
  CHECK(reader.Get<Money>() == Money::FromMicros(-17));
  CHECK(reader.Get<Quantity>() == Quantity::FromCentis(250));
  CHECK(reader.Get<Price>() == Price::FromCents(56));
  CHECK(reader.Get<Timestamp>() == Timestamp::FromNanos(123));
  CHECK(reader.Get<AccountId>() == AccountId(7));
  CHECK(reader.Get<OrderId>() == OrderId(8));
  CHECK(reader.Text() == "ticker");
  CHECK_FALSE(reader.AtEnd());
  CHECK(reader.Bytes(2) == "xy");
  CHECK(reader.AtEnd());
}

TEST_CASE("Bytes: integers are little endian without padding", "[core]") {
  std::string bytes;
  ByteWriter writer(bytes);
  writer.U8(1);
  writer.U32(0x04030201);
  CHECK(bytes == std::string("\x01\x01\x02\x03\x04", 5));
}

TEST_CASE("Bytes: a read beyond the end fails and stays failed", "[core]") {
  ByteReader reader(std::string_view("\x01\x02\x03", 3));
  CHECK(reader.U32() == 0);
  CHECK_FALSE(reader.ok());
  CHECK(reader.U8() == 0);
  CHECK(reader.remaining() == 0);
  CHECK_FALSE(reader.AtEnd());
}

TEST_CASE("Bytes: every cut of a message is noticed", "[core]") {
  std::string bytes;
  ByteWriter writer(bytes);
  writer.U64(1);
  writer.Text("abc");
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    ByteReader reader(std::string_view(bytes).substr(0, size));
    reader.U64();
    reader.Text();
    CHECK_FALSE(reader.ok());
  }
}

TEST_CASE("Bytes: values that a type does not have are refused", "[core]") {
  SECTION("price off the finest tick") {
    std::string bytes;
    ByteWriter(bytes).U32(150);
    ByteReader reader(bytes);
    CHECK(reader.Get<Price>() == Price());
    CHECK_FALSE(reader.ok());
  }
  SECTION("enumerator beyond the last") {
    enum class Color : std::uint8_t { kRed, kBlue };
    ByteReader good(std::string_view("\x01", 1));
    CHECK(good.Enum(Color::kBlue) == Color::kBlue);
    CHECK(good.ok());
    ByteReader bad(std::string_view("\x02", 1));
    bad.Enum(Color::kBlue);
    CHECK_FALSE(bad.ok());
  }
  SECTION("text longer than the bytes") {
    std::string bytes;
    ByteWriter(bytes).U32(0xffff'ffff);
    ByteReader reader(bytes);
    CHECK(reader.Text().empty());
    CHECK_FALSE(reader.ok());
  }
}

}  // namespace
}  // namespace evx
