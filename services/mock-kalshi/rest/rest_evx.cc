// What this exchange says beyond the venue's API: version, clock, documentation.

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "embedded_docs.h"
#include "evx/service/version.h"
#include "exchange/recovery.h"
#include "rest/public_read.h"
#include "rest/rest_routes.h"

namespace evx::mock_kalshi {
namespace {

void GetVersion(const ExchangeContext&, RestRequest&, RestReply reply) {
  reply.Json(
      200,
      nlohmann::json{{"version", service::Version()}, {"rules_version", kRulesVersion}}.dump());
}

void GetClock(const ExchangeContext& context, RestRequest&, RestReply reply) {
  const Timestamp now = context.clock.Now();
  const bool is_virtual = context.clock.mode() == ExchangeClock::Mode::kVirtual;
  reply.Json(
      200, nlohmann::json{{"mode", is_virtual ? "virtual" : "real"},
                          {"exchange_time", FormatRfc3339(now)},
                          {"exchange_ts_ms", now.millis()},
                          {"wall_time", FormatRfc3339(context.wall.Now())},
                          {"speed", static_cast<double>(context.clock.speed_thousandths()) / 1000}}
               .dump());
}

auto Document(std::string_view content, std::string_view content_type) {
  return [content, content_type](const ExchangeContext&, RestRequest&, RestReply reply) {
    net::HttpResponse response;
    response.content_type = content_type;
    response.body = content;
    reply.Send(std::move(response));
  };
}

}  // namespace

void AddEvxRoutes(RestRouter& router, const ExchangeContext& context) {
  AddPublicRead(router, context, "/evx/v1/version", "GetVersion", GetVersion);
  AddPublicRead(router, context, "/evx/v1/clock", "GetClock", GetClock);
  AddPublicRead(router, context, "/docs", "GetDocs",
                Document(kDocsHtml, "text/html; charset=utf-8"));
  // JSON is YAML too, so that tools which look for either find the same document.
  AddPublicRead(router, context, "/docs/openapi.json", "GetOpenApi",
                Document(kOpenapiJson, "application/json"));
  AddPublicRead(router, context, "/docs/openapi.yaml", "GetOpenApiYaml",
                Document(kOpenapiJson, "application/yaml"));
}

}  // namespace evx::mock_kalshi
