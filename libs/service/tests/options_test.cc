#include "evx/service/options.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "evx/core/status.h"
#include "evx/core/testing/seed.h"
#include "option_text.h"

namespace evx::service {
namespace {

using Catch::Matchers::Contains;

enum class Mode : std::uint8_t { kTriangle, kModel };

struct Config {
  std::uint16_t http_port = 8888;
  std::int64_t spread = 10;
  double speed = 1;
  bool ephemeral = false;
  absl::Duration interval = absl::Seconds(3);
  std::string ticker = "MARKET_MAKER";
  std::vector<std::string> markets;
  Mode mode = Mode::kTriangle;
  std::string data_dir;
  std::string api_key;

  void Declare(Options& options) {
    options.Add("http_port", &http_port, {.help = "Port of the ops endpoints.", .flags = {"port"}});
    options.Add(
        "spread", &spread,
        {.help = "Spread in cents.", .min = 1, .max = 98, .variables = {"MARKET_MAKER_SPREAD"}});
    options.Add("speed", &speed, {.help = "Speed of the clock.", .min = 0, .max = 100});
    options.Add("ephemeral", &ephemeral, {.help = "Keep nothing on disk."});
    options.Add(
        "interval", &interval,
        {.help = "Time between quotes.", .min = absl::Milliseconds(100), .max = absl::Hours(1)});
    options.Add("ticker", &ticker,
                {.help = "Market to quote.",
                 .required = true,
                 .bytes_max = 64,
                 .variables = {"MARKET_MAKER_TICKER"}});
    options.Add("markets", &markets, {.help = "Further markets.", .count_max = 3});
    options.Add("mode", &mode,
                {.help = "How quotes are made.",
                 .values = {{"triangle", Mode::kTriangle}, {"model", Mode::kModel}}});
    options.AddPath("data_dir", &data_dir,
                    {.help = "Where the journal lives.", .kind = PathKind::kExistingDirectory});
    options.AddSecret("api_key", &api_key, {.help = "Key of the account."});
  }
};

struct Fixture {
  Config config;
  Options options{{.name = "market-maker", .summary = "Quotes markets."}};
  std::map<std::string, std::string> variables;
  std::filesystem::path folder;

  Fixture() {
    config.Declare(options);
    std::string pattern = (std::filesystem::temp_directory_path() / "evx-options-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    folder = pattern;
  }
  ~Fixture() { std::filesystem::remove_all(folder); }

  ParseResult Parse(const std::vector<std::string>& arguments) {
    return options.Parse(arguments,
                         [this](const std::string& variable) -> std::optional<std::string> {
                           const auto found = variables.find(variable);
                           if (found == variables.end()) return std::nullopt;
                           return found->second;
                         });
  }

  std::string Write(const std::string& name, const std::string& text, mode_t mode = 0600) {
    const std::filesystem::path path = folder / name;
    std::ofstream(path) << text;
    REQUIRE(::chmod(path.c_str(), mode) == 0);
    return path.string();
  }

  // The only fault of a command line that has one.
  std::string FaultOf(const std::vector<std::string>& arguments) {
    const ParseResult result = Parse(arguments);
    REQUIRE(result.faults.size() == 1);
    return result.faults[0];
  }
};

TEST_CASE("Options: without any source the declared values stay", "[service]") {
  Fixture fixture;
  CHECK(fixture.Parse({}).faults.empty());
  CHECK(fixture.config.http_port == 8888);
  CHECK(fixture.config.mode == Mode::kTriangle);
}

TEST_CASE("Options: flag beats environment beats alias variable beats file beats default",
          "[service]") {
  Fixture fixture;
  const std::string file = fixture.Write("a.conf", "spread = 20\n");
  std::vector<std::string> arguments;
  CHECK(fixture.Parse(arguments).faults.empty());
  CHECK(fixture.config.spread == 10);

  arguments.push_back("--config=" + file);
  CHECK(fixture.Parse(arguments).faults.empty());
  CHECK(fixture.config.spread == 20);

  fixture.variables["MARKET_MAKER_SPREAD"] = "30";
  CHECK(fixture.Parse(arguments).faults.empty());
  CHECK(fixture.config.spread == 30);

  fixture.variables["EVX_SPREAD"] = "40";
  CHECK(fixture.Parse(arguments).faults.empty());
  CHECK(fixture.config.spread == 40);

  arguments.push_back("--spread=50");
  CHECK(fixture.Parse(arguments).faults.empty());
  CHECK(fixture.config.spread == 50);
  for (const ResolvedOption& option : fixture.options.Resolved()) {
    if (option.name == "spread") CHECK(option.source == ValueSource::kFlag);
    if (option.name == "config") CHECK(option.source == ValueSource::kFlag);
    if (option.name == "speed") CHECK(option.source == ValueSource::kDefault);
  }
}

TEST_CASE("Options: every kind of value is read", "[service]") {
  Fixture fixture;
  const std::string secret = fixture.Write("key", "hunter2\n", 0400);
  const ParseResult result =
      fixture.Parse({"--port", "0", "--spread", "7", "--speed=2.5", "--ephemeral",
                     "--interval=1m30s", "--ticker=KXBTC", "--markets=A, B", "--mode=model",
                     "--data-dir=" + fixture.folder.string(), "--api_key_file=" + secret});
  CHECK(result.faults == std::vector<std::string>());
  CHECK(fixture.config.http_port == 0);
  CHECK(fixture.config.spread == 7);
  CHECK(fixture.config.speed == 2.5);
  CHECK(fixture.config.ephemeral);
  CHECK(fixture.config.interval == absl::Seconds(90));
  CHECK(fixture.config.ticker == "KXBTC");
  CHECK(fixture.config.markets == std::vector<std::string>{"A", "B"});
  CHECK(fixture.config.mode == Mode::kModel);
  CHECK(fixture.config.data_dir == fixture.folder.string());
  CHECK(fixture.config.api_key == "hunter2");
}

TEST_CASE("Options: of a repeated flag the last wins, and a bool can be negated", "[service]") {
  Fixture fixture;
  CHECK(
      fixture.Parse({"--spread=5", "--spread=6", "--ephemeral", "--no_ephemeral"}).faults.empty());
  CHECK(fixture.config.spread == 6);
  CHECK_FALSE(fixture.config.ephemeral);
}

TEST_CASE("Options: all faults of all sources are reported at once", "[service]") {
  Fixture fixture;
  fixture.variables["EVX_SPREAD"] = "99";
  const std::string file = fixture.Write("a.conf", "speed = fast\nmode = wild\nnonsense\n");
  fixture.options.AddCheck([] { return InvalidArgument("--spread and --speed do not fit"); });
  const ParseResult result =
      fixture.Parse({"--config=" + file, "--http_port=70000", "--intervall=5s", "stray"});
  const std::vector<std::string> expected = {
      "flag --intervall: there is no such option; did you mean --interval?",
      "argument stray: not expected here",
      file + " line 3: is not `name = value`",
      "flag --http_port: 70000 is outside its bounds 0..65535",
      "variable EVX_SPREAD: 99 is outside its bounds 1..98",
      file + " line 1: speed: fast is not a number",
      file + " line 2: mode: wild is none of triangle, model",
      "--spread and --speed do not fit"};
  CHECK(result.faults == expected);
}

TEST_CASE("Options: bounds and forms are enforced", "[service]") {
  Fixture fixture;
  const auto [flag, part] = GENERATE(table<std::string, std::string>({
      {"--http_port=-1", "outside its bounds 0..65535"},
      {"--http_port=65536", "outside its bounds 0..65535"},
      {"--http_port=0x10", "not an integer"},
      {"--http_port=", "not an integer"},
      {"--spread=99999999999999999999", "not an integer"},
      {"--spread=0", "outside its bounds 1..98"},
      {"--speed=nan", "not a number"},
      {"--speed=1e999", "not a number"},
      {"--speed=-0.5", "outside its bounds 0..100"},
      {"--ephemeral=maybe", "neither true nor false"},
      {"--interval=5", "not a duration such as 5s"},
      {"--interval=inf", "outside its bounds 100ms..1h"},
      {"--interval=99ms", "outside its bounds 100ms..1h"},
      {"--ticker=", "is required"},
      {"--markets=A,,B", "empty item"},
      {"--markets=A,B,C,D", "more than 3 items"},
      {"--mode=Model", "none of triangle, model"},
      {"--data_dir=/nonexistent", "No such file"},
      {"--data_dir=/etc/passwd", "is no directory"},
      {"--config=/nonexistent", "No such file"},
      {"--config=/etc", "is a directory"},
      {"--spread", "needs a value"},
      {"--help=1", "no such option"},
      {"--no_spread", "no such option"},
      {"--", ""},
  }));
  if (part.empty()) {
    CHECK(fixture.Parse({flag}).faults.empty());
  } else {
    CHECK_THAT(fixture.FaultOf({flag}), Contains(part));
  }
}

TEST_CASE("Options: a very long value is refused and not repeated in full", "[service]") {
  Fixture fixture;
  const std::string fault = fixture.FaultOf({"--ticker=" + std::string(1 << 20, 'x')});
  CHECK_THAT(fault, Contains("more than 64 bytes"));
  CHECK(fixture.FaultOf({"--" + std::string(1 << 20, 'x')}).size() < 500);
  CHECK(fixture.FaultOf({"--spread=" + std::string(1 << 20, 'x')}).size() < 500);
}

TEST_CASE("Options: an empty variable counts as absent", "[service]") {
  Fixture fixture;
  fixture.variables["EVX_TICKER"] = "";
  fixture.variables["MARKET_MAKER_TICKER"] = "KXGOLD";
  CHECK(fixture.Parse({}).faults.empty());
  CHECK(fixture.config.ticker == "KXGOLD");
}

TEST_CASE("Options: a file is read with comments, quotes and YAML's colons", "[service]") {
  Fixture fixture;
  fixture.variables["EVX_CONFIG"] = fixture.Write("a.yaml",
                                                  "---\n# quotes\nticker: 'A # B'  # why\r\n\n"
                                                  "spread = 12 # cents\nhttp-port: \"9\"\n");
  CHECK(fixture.Parse({}).faults == std::vector<std::string>());
  CHECK(fixture.config.ticker == "A # B");
  CHECK(fixture.config.spread == 12);
  CHECK(fixture.config.http_port == 9);
}

TEST_CASE("Options: faults of a file name its line", "[service]") {
  Fixture fixture;
  const std::string file = fixture.Write(
      "a.conf", "spread = 1\nspread = 2\nsprad = 3\nticker = 'open\nconfig = other\n");
  const ParseResult result = fixture.Parse({"--config", file});
  REQUIRE(result.faults.size() == 4);
  CHECK(result.faults[0] == file + " line 2: spread is set twice");
  CHECK_THAT(result.faults[1], Contains("line 3: sprad: ") && Contains("did you mean --spread?"));
  CHECK_THAT(result.faults[2], Contains("line 4: the quote does not end"));
  CHECK_THAT(result.faults[3], Contains("line 5: config: "));
}

TEST_CASE("Options: random files give faults, never a crash", "[service][property]") {
  std::mt19937 random(evx::testing::TestSeed("Options"));
  constexpr std::string_view kAlphabet = "spread=:#'\" \n\t\r-0\xff";
  for (int i = 0; i < 5'000; ++i) {
    std::string text(random() % 60, '\0');
    for (char& c : text) c = kAlphabet[random() % kAlphabet.size()];
    for (const FileLine& line : ParseConfigText(text)) CHECK(line.number > 0);
  }
}

TEST_CASE("Options: secrets come from files only and are never shown", "[service]") {
  Fixture fixture;
  const std::string secret = fixture.Write("key", "hunter2\n", 0400);
  CHECK(fixture.Parse({"--api_key_file=" + secret}).faults.empty());
  for (const ResolvedOption& option : fixture.options.Resolved()) {
    CHECK(option.value.find("hunter2") == std::string::npos);
    if (option.name == "api_key_file") CHECK(option.value == "***");
  }
  CHECK_THAT(fixture.FaultOf({"--api_key=hunter2"}), !Contains("hunter2"));
  CHECK_THAT(fixture.FaultOf({"--api_key_file=" + fixture.Write("open", "hunter2", 0444)}),
             Contains("chmod 0400"));
  CHECK_THAT(fixture.FaultOf({"--api_key_file=" + fixture.Write("empty", "\n")}),
             Contains("is empty"));
}

TEST_CASE("Options: a text that holds a password is refused and not repeated", "[service]") {
  Fixture fixture;
  const std::string text = GENERATE("postgresql://app:hunter2@db/x", "host=db password=hunter2");
  const std::string fault = fixture.FaultOf({"--ticker=" + text});
  CHECK_THAT(fault, Contains("holds a password") && !Contains("hunter2"));
  CHECK_FALSE(HoldsPassword("postgresql://app@db:5433/x"));
  CHECK_FALSE(HoldsPassword("http://127.0.0.1:9090/trade-api/v2?at=a:b@c"));
}

TEST_CASE("Options: information flags ask for no further value", "[service]") {
  Fixture fixture;
  CHECK(fixture.Parse({"--help"}).action == ParseAction::kHelp);
  CHECK(fixture.Parse({"-h"}).action == ParseAction::kHelp);
  CHECK(fixture.Parse({"--help-markdown"}).action == ParseAction::kHelpMarkdown);
  CHECK(fixture.Parse({"--spread=1000", "--version"}).action == ParseAction::kVersion);
}

TEST_CASE("Options: help and its table list every option with default and bounds", "[service]") {
  Fixture fixture;
  // Values that are set do not become defaults.
  CHECK(fixture.Parse({"--spread=50"}).faults.empty());
  const std::string table = fixture.options.HelpMarkdown();
  CHECK_THAT(table, Contains("| `--http_port`, `--port` | `EVX_HTTP_PORT` | `8888` | 0..65535 | "
                             "Port of the ops endpoints. |\n"));
  CHECK_THAT(table, Contains("| `--spread` | `EVX_SPREAD`, `MARKET_MAKER_SPREAD` | `10` | 1..98 | "
                             "Spread in cents. |\n"));
  CHECK_THAT(table, Contains("| `--mode` | `EVX_MODE` | `triangle` | triangle, model | "));
  CHECK_THAT(table, Contains("| `--interval` | `EVX_INTERVAL` | `3s` | 100ms..1h | "));
  const std::string help = fixture.options.Help();
  for (const ResolvedOption& option : fixture.options.Resolved()) {
    CHECK_THAT(help, Contains("--" + option.name));
    CHECK_THAT(table, Contains("`--" + option.name + "`"));
  }
}

TEST_CASE("Options: a path that must be given and exist says both", "[service]") {
  Options options({.name = "flow", .summary = "Trades."});
  std::string credentials;
  options.AddPath("credentials", &credentials,
                  {.help = "Keys.", .kind = PathKind::kExistingFile, .required = true});
  CHECK_THAT(options.HelpMarkdown(), Contains("| required, existing file | Keys. |"));
}

TEST_CASE("Options: tools take declared arguments and no more", "[service]") {
  Options options({.name = "evx-journal", .summary = "Reads a journal."});
  std::vector<std::string> arguments;
  options.AddArguments(&arguments, "COMMAND DIRECTORY", 2);
  const Environment none = [](const std::string&) { return std::optional<std::string>(); };
  CHECK(options.Parse({"verify", "--", "--odd"}, none).faults.empty());
  CHECK(arguments == std::vector<std::string>{"verify", "--odd"});
  CHECK(options.Parse({"more"}, none).faults.size() == 1);
}

TEST_CASE("EditDistance: counts the fewest changes", "[service]") {
  CHECK(EditDistance("", "abc") == 3);
  CHECK(EditDistance("kitten", "sitting") == 3);
  CHECK(EditDistance("port", "port") == 0);
  CHECK(NearestName("prot", {"port", "host"}) == "port");
  CHECK(NearestName("xyzzy", {"port", "host"}).empty());
}

}  // namespace
}  // namespace evx::service
