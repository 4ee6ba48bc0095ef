#include "chassis_config.h"

#include "evx/core/status.h"

namespace evx::service {
namespace {

void DeclareGrpc(Options& options, rpc::ServerOptions* grpc) {
  options.Add(
      "grpc_host", &grpc->host,
      {.help = "Address on which gRPC listens; `0.0.0.0` in a container.", .required = true});
  options.Add("grpc_port", &grpc->port, {.help = "Port of gRPC; 0 takes a free one."});
  options.AddPath("grpc_tls_certificate_file", &grpc->tls.certificate_file,
                  {.help = "Certificate with its chain (PEM); turns TLS on for gRPC.",
                   .kind = PathKind::kExistingFile});
  options.AddPath(
      "grpc_tls_key_file", &grpc->tls.key_file,
      {.help = "Private key of that certificate (PEM).", .kind = PathKind::kExistingFile});
  options.AddPath("grpc_tls_client_ca_file", &grpc->tls.client_ca_file,
                  {.help = "Who must have signed the certificates of gRPC clients (PEM); empty "
                           "asks for none.",
                   .kind = PathKind::kExistingFile});
  options.AddCheck([grpc] {
    const bool has_certificate = !grpc->tls.certificate_file.empty();
    if (has_certificate != !grpc->tls.key_file.empty()) {
      return InvalidArgument(
          "--grpc_tls_certificate_file and --grpc_tls_key_file go together; one is missing");
    }
    if (!has_certificate && !grpc->tls.client_ca_file.empty()) {
      return InvalidArgument("--grpc_tls_client_ca_file needs --grpc_tls_certificate_file");
    }
    return absl::OkStatus();
  });
}

}  // namespace

void ChassisConfig::Declare(const ServiceInfo& info, Options& options) {
  if (info.ops_port) {
    ops.port = *info.ops_port;
    options.Add(
        "http_host", &ops.host,
        {.help = "Address on which the operations endpoints listen; `0.0.0.0` in a container.",
         .required = true});
    options.Add(
        "http_port", &ops.port,
        {.help = "Port of the operations endpoints; 0 takes a free one.", .flags = {"port"}});
  }
  if (info.grpc_port) {
    grpc.port = *info.grpc_port;
    DeclareGrpc(options, &grpc);
  }
  options.Add("log_level", &log_level,
              {.help = "Least level of log lines that are written.",
               .values = {{"debug", telemetry::LogLevel::kDebug},
                          {"info", telemetry::LogLevel::kInfo},
                          {"warning", telemetry::LogLevel::kWarning},
                          {"error", telemetry::LogLevel::kError}}});
  options.Add("drain_timeout", &drain_timeout,
              {.help = "Time after SIGTERM to finish what was accepted, before the process ends "
                       "with exit code 3.",
               .min = absl::Milliseconds(1),
               .max = absl::Hours(1)});
}

}  // namespace evx::service
