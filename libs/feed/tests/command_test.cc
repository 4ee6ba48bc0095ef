#include "evx/feed/command.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "evx/core/status.h"

namespace evx::feed {
namespace {

const Grammar kGrammar = {.channels = {"book", "trades", "tickers"}, .default_channels = 0b111};

TEST_CASE("DecodeCommand: subjects are markets or all, with a channel or without", "[feed]") {
  const auto decoded = DecodeCommand(
      kGrammar,
      R"({"id":7,"command":"subscribe","subjects":["all","A-1","A-1:book","all:tickers"]})");
  CHECK(decoded.id == 7);
  REQUIRE(decoded.command.ok());
  CHECK(decoded.command->verb == Verb::kSubscribe);
  CHECK(decoded.command->subjects ==
        std::vector<Subject>{
            {"", true, 0b111}, {"A-1", false, 0b111}, {"A-1", false, 0b001}, {"", true, 0b100}});
  const auto list = DecodeCommand(kGrammar, R"({"command":"list"})");
  CHECK(list.id == 0);
  REQUIRE(list.command.ok());
  CHECK(list.command->verb == Verb::kList);
}

TEST_CASE("DecodeCommand: an error names the field, its value and what is allowed", "[feed]") {
  struct Case {
    std::string text;
    std::string message;
    std::int64_t id = 0;
  };
  const std::string long_text(200, 'x');
  std::string many = R"({"id":1,"command":"subscribe","subjects":["a")";
  for (std::size_t i = 0; i < kCommandSubjectsMax; ++i) many += R"(,"a")";
  many += "]}";
  const std::vector<Case> cases = {
      {"", "message is ; it must be an object of JSON"},
      {"{\"id\":1", "message is {\"id\":1; it must be an object of JSON"},
      {"[1]", "message is [1]; it must be an object of JSON"},
      {R"({"id":"x","command":"list"})", R"(id is "x"; it must be a number from 1 to 2^53)"},
      {R"({"id":-1,"command":"list"})", "id is -1; it must be a number from 1 to 2^53"},
      {R"({"id":1.5,"command":"list"})", "id is 1.5; it must be a number from 1 to 2^53"},
      {R"({"id":1e999,"command":"list"})",
       R"(message is {"id":1e999,"command":"list"}; it must be an object of JSON)"},
      {R"({"id":18446744073709551615,"command":"list"})",
       "id is 18446744073709551615; it must be a number from 1 to 2^53"},
      {R"({"id":2})", "command is missing; it must be subscribe, unsubscribe or list", 2},
      {R"({"id":2,"command":"buy"})",
       R"(command is "buy"; it must be subscribe, unsubscribe or list)", 2},
      {R"({"id":2,"command":[[]]})", "command is a list; it must be subscribe, unsubscribe or list",
       2},
      {R"({"id":2,"command":"list","subjects":[]})",
       "field subjects is unknown; id and command are allowed", 2},
      {R"({"id":2,"command":"subscribe","topics":[]})",
       "field topics is unknown; id, command and subjects are allowed", 2},
      {R"({"id":2,"command":"subscribe"})", "subjects is missing; it must be a list", 2},
      {R"({"id":2,"command":"subscribe","subjects":"all"})",
       R"(subjects is "all"; it must be a list)", 2},
      {R"({"id":2,"command":"subscribe","subjects":[]})",
       "subjects has 0 items; 1 to 1000 are allowed", 2},
      {many, "subjects has 1001 items; 1 to 1000 are allowed", 1},
      {R"({"id":2,"command":"subscribe","subjects":["a",5]})",
       "subjects[1] is 5; it must be a text", 2},
      {R"({"id":2,"command":"subscribe","subjects":[":book"]})",
       "subjects[0] is :book; it must begin with a market or with all", 2},
      {R"({"id":2,"command":"subscribe","subjects":["a:fills"]})",
       "subjects[0] is a:fills; its channel must be book, trades or tickers", 2},
      {R"({"id":2,"command":"subscribe","subjects":[")" + long_text + R"("]})",
       "subjects[0] is " + long_text.substr(0, 64) +
           "... and has 200 bytes; at most 128 are allowed",
       2},
  };
  for (const Case& one : cases) {
    INFO(one.text.substr(0, 100));
    const auto decoded = DecodeCommand(kGrammar, one.text);
    REQUIRE_FALSE(decoded.command.ok());
    CHECK(MessageOf(decoded.command.status()) == one.message);
    CHECK(decoded.id == one.id);
  }
}

TEST_CASE("DecodeCommand: a star ends a prefix where the door takes one, and is a letter elsewhere",
          "[feed]") {
  Grammar grammar = kGrammar;
  const std::string text = R"({"command":"subscribe","subjects":["KX*","*:book"]})";
  CHECK(DecodeCommand(grammar, text).command->subjects ==
        std::vector<Subject>{{"KX*", false, 0b111}, {"*", false, 0b001}});
  grammar.takes_prefixes = true;
  grammar.default_channels = 0b010;
  CHECK(DecodeCommand(grammar, text).command->subjects ==
        std::vector<Subject>{{"KX", true, 0b010}, {"", true, 0b001}});
}

TEST_CASE("NamesOf: a subject is named as a command names it", "[feed]") {
  CHECK(NamesOf(kGrammar, {"", true, 0b101}) ==
        std::vector<std::string>{"all:book", "all:tickers"});
  CHECK(NamesOf(kGrammar, {"KX", true, 0b010}) == std::vector<std::string>{"KX*:trades"});
  CHECK(NamesOf(kGrammar, {"A-1", false, 0b001}) == std::vector<std::string>{"A-1:book"});
}

TEST_CASE("AppendJsonText: what JSON cannot hold as it is gets escaped", "[feed]") {
  std::string out = "x";
  AppendJsonText(out, "a\"b\\c\n");
  CHECK(out == R"(x"a\"b\\c\u000a")");
}

}  // namespace
}  // namespace evx::feed
