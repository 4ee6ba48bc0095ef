#include "rest/environments.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "evx/core/status.h"
#include "temporary_folder.h"

namespace evx::gateway {
namespace {

using Catch::Matchers::Contains;
using nlohmann::json;

json AnEnvironment(const std::string& name, const std::string& url) {
  return {{"name", name}, {"label", "Paper \u00b7 A"}, {"url", url}, {"mode", "paper"}};
}

json TwoEnvironments() {
  return {{"environments",
           {AnEnvironment("paper", "http://127.0.0.1:8080"),
            AnEnvironment("lab", "https://lab.example/evx/")}}};
}

// What is wrong with it; empty: nothing.
std::string FaultOf(const std::string& text) {
  const auto environments = ParseEnvironments(text, "paper", "paper");
  return environments.ok() ? "" : MessageOf(environments.status());
}

// The same with one member of the second environment set.
std::string FaultOf(const std::string& member, const json& value) {
  json file = TwoEnvironments();
  file["environments"][1][member] = value;
  return FaultOf(file.dump());
}

TEST_CASE("Environments: those of the file are read in its order", "[gateway]") {
  const auto environments = ParseEnvironments(TwoEnvironments().dump(), "lab", "paper");
  REQUIRE(environments.ok());
  REQUIRE(environments->size() == 2);
  CHECK((*environments)[0].name == "paper");
  CHECK((*environments)[0].label == "Paper \u00b7 A");
  CHECK((*environments)[0].mode == "paper");
  CHECK((*environments)[1].url == "https://lab.example/evx/");
}

TEST_CASE("Environments: what is wrong is told with its place and value", "[gateway]") {
  CHECK(FaultOf(TwoEnvironments().dump()).empty());
  CHECK_THAT(FaultOf("url", "javascript:alert(1)"),
             Contains("environments[1].url: \"javascript:alert(1)\", must be http://"));
  for (const char* url :
       {"", "http://", "http:///path", "http://:80", "ftp://a", "http://user@a", "http://a?q",
        "http://a#f", "http://a b", "HTTP://a", "//a", "http://a\n", "http://\u00e4"}) {
    INFO(url);
    CHECK_THAT(FaultOf("url", url), Contains("environments[1].url: "));
  }
  CHECK_THAT(FaultOf("url", "http://" + std::string(2'042, 'a')), Contains("at most 2048 bytes"));
  CHECK(FaultOf("url", "http://" + std::string(2'041, 'a')).empty());
  for (const json& name : {json(""), json("A"), json("1a"), json("a b"), json(7), json(nullptr),
                           json(std::string(33, 'a'))}) {
    CHECK_THAT(FaultOf("name", name), Contains("environments[1].name: "));
  }
  CHECK_THAT(FaultOf("label", "a\tb"), Contains("environments[1].label: \"a\\tb\""));
  CHECK_THAT(FaultOf("label", std::string(65, 'x')), Contains("1 to 64 bytes"));
  CHECK_THAT(FaultOf("mode", "demo"), Contains("environments[1].mode: \"demo\", must be paper"));
  CHECK_THAT(FaultOf("secret", "x"), Contains("environments[1]: there is no member \"secret\""));
  CHECK_THAT(FaultOf("name", "paper"), Contains("is that of environments[0]"));
  CHECK_THAT(FaultOf("url", "http://127.0.0.1:8080"), Contains("is that of environments[0]"));
  json missing = TwoEnvironments();
  missing["environments"][0].erase("url");
  CHECK(FaultOf(missing.dump()) == "environments[0].url is missing");
}

TEST_CASE("Environments: a file of another form is refused", "[gateway]") {
  CHECK(FaultOf("") == "it is no JSON");
  CHECK(FaultOf("{\"environments\": [") == "it is no JSON");
  CHECK(FaultOf("{\"environments\": [{\"name\": \"\xff\"}]}") == "it is no JSON");
  CHECK(FaultOf(std::string(60'000, '[')) == "it is no JSON");
  for (const char* text :
       {"[]", "{}", "7", "{\"environments\": {}}", "{\"environments\": [], \"more\": 1}"}) {
    CHECK(FaultOf(text) == "it must be one object with the array \"environments\"");
  }
  CHECK(FaultOf("{\"environments\": []}") == "environments: 0 of them, must be 1 to 32");
  CHECK(FaultOf("{\"environments\": [7]}") == "environments[0]: 7, must be an object");
  json many = {{"environments", json::array()}};
  for (int i = 0; i < 33; ++i) {
    many["environments"].push_back(
        AnEnvironment("e" + std::to_string(i), "http://a/" + std::to_string(i)));
  }
  CHECK_THAT(FaultOf(many.dump()), Contains("33 of them"));
  CHECK_THAT(FaultOf(std::string(kEnvironmentsBytesMax + 1, ' ')), Contains("must be at most"));
}

TEST_CASE("Environments: this stack must be one of them, with its own mode", "[gateway]") {
  const std::string text = TwoEnvironments().dump();
  CHECK_THAT(MessageOf(ParseEnvironments(text, "", "paper").status()),
             Contains("--environment is \"\""));
  CHECK_THAT(MessageOf(ParseEnvironments(text, "other", "paper").status()),
             Contains("--environment is \"other\", which is none of its names"));
  CHECK_THAT(MessageOf(ParseEnvironments(text, "lab", "live").status()),
             Contains("the mode of \"lab\" is paper, and --mode of this gateway is live"));
}

TEST_CASE("Environments: a fault of a file names the file; without one there are none",
          "[gateway]") {
  const TemporaryFolder folder;
  const std::string file = folder.File("environments.json");
  std::ofstream(file) << TwoEnvironments();
  const auto environments = ReadEnvironments(file, "paper", "paper");
  REQUIRE(environments.ok());
  CHECK(environments->size() == 2);
  std::ofstream(file) << "not JSON";
  CHECK(MessageOf(ReadEnvironments(file, "paper", "paper").status()) ==
        "--environments_file " + file + ": it is no JSON");
  CHECK(ReadEnvironments("", "", "paper")->empty());
  CHECK_THAT(MessageOf(ReadEnvironments("", "paper", "paper").status()),
             Contains("--environments_file, which is not set"));
}

}  // namespace
}  // namespace evx::gateway
