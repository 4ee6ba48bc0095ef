#include "tool/journal_tool.h"

#include <charconv>
#include <optional>
#include <variant>

#include "absl/status/statusor.h"
#include "absl/strings/str_format.h"
#include "evx/core/hash.h"
#include "evx/core/status.h"
#include "evx/journal/file_system.h"
#include "evx/journal/tool.h"
#include "evx/venue/codec.h"
#include "exchange/record.h"
#include "exchange/wire_id.h"
#include "read_model/history_stack.h"
#include "tool/journal_audit.h"
#include "tool/journal_replay.h"
#include "tool/kafka_audit.h"
#include "tool/live_state.h"

namespace evx::mock_kalshi {
namespace {

// For one statement of an audit.
constexpr absl::Duration kAuditTimeout = absl::Minutes(10);
constexpr int kReadAttempts = 10;

// Whether any field of a command or event, however deep, is this order.
template <class T>
bool Concerns(const T& value, OrderId order) {
  if constexpr (std::is_same_v<T, OrderId>) {
    return value == order;
  } else if constexpr (venue::codec_internal::HasFields<T>) {
    bool found = false;
    T::VisitFields(value, [&](std::string_view, const auto& field) {
      found = found || Concerns(field, order);
    });
    return found;
  } else {
    return false;
  }
}

absl::StatusOr<OrderId> ParseOrder(const JournalToolConfig& config) {
  std::uint64_t number = 0;
  const char* const end = config.order.data() + config.order.size();
  const auto parsed = std::from_chars(config.order.data(), end, number);
  if (parsed.ec == std::errc() && parsed.ptr == end) return OrderId(number);
  EVX_ASSIGN_OR_RETURN(const journal::VerifyReport report,
                       journal::VerifyJournal(journal::PosixFileSystem(), config.data_dir));
  if (!report.segments.empty()) {
    const journal::SegmentHeader& header = report.segments.front().header;
    const WireIdCodec wire_ids(header.id_key, static_cast<std::uint8_t>(header.shard));
    if (const auto order = wire_ids.DecodeOrder(config.order)) return *order;
  }
  return InvalidArgument("--order: " + config.order + " is no order id of this journal");
}

std::string Who(const AuditMeta& meta) {
  std::string text = absl::StrFormat("door=%s", std::string(Name(meta.door)));
  if (!meta.key_id.empty()) text += " key=" + std::string(meta.key_id.view());
  if (!meta.remote_address.empty()) text += " from=" + std::string(meta.remote_address.view());
  if (meta.request_id != 0) text += absl::StrFormat(" request=%d", meta.request_id);
  if (meta.trace_id != decltype(meta.trace_id){}) {
    text += " trace=";
    for (const std::uint8_t byte : meta.trace_id) text += absl::StrFormat("%02x", byte);
  }
  return text;
}

// Prints the record, or with an order what of it concerns that order; false: nothing did.
absl::StatusOr<bool> PrintRecord(const journal::RecordView& record, std::optional<OrderId> order,
                                 std::ostream& out) {
  EVX_ASSIGN_OR_RETURN(const AuditMeta meta, DecodeAuditMeta(record.meta));
  EVX_ASSIGN_OR_RETURN(const venue::Command command, venue::DecodeCommand(record.command));
  EVX_ASSIGN_OR_RETURN(const std::vector<venue::Event> events, venue::DecodeEvents(record.events));
  const auto concerns = [order](const auto& value) {
    return !order ||
           std::visit([&](const auto& alternative) { return Concerns(alternative, *order); },
                      value);
  };
  std::string text;
  for (const venue::Event& event : events) {
    if (concerns(event)) text += "  " + venue::ToText(event) + "\n";
  }
  if (order && text.empty() && !concerns(command)) return false;
  out << record.sequence.value() << ' ' << FormatRfc3339(record.time) << ' ' << Who(meta) << '\n'
      << "  " << venue::ToText(command) << '\n'
      << text;
  return true;
}

// What reads the whole journal, once more when the beginning of it was deleted meanwhile: a running
// exchange does not know of this reader. The next attempt begins with what is there then.
template <class Read>
auto ReadBesideRetention(Read read) {
  for (int attempt = 1;; ++attempt) {
    auto result = read();
    if (!absl::IsOutOfRange(result.status()) || attempt == kReadAttempts) return result;
  }
}

// The state of the running exchange against a replay of the journal up to the same record.
absl::Status AuditLiveState(const JournalToolConfig& config, std::ostream& out) {
  EVX_ASSIGN_OR_RETURN(const LiveState live,
                       ReadLiveState(config.operator_addr, config.operator_credentials));
  EVX_ASSIGN_OR_RETURN(const ReplayedState replayed, ReadBesideRetention([&] {
                         return ReplayTo(journal::PosixFileSystem(), config.data_dir,
                                         live.sequence_number);
                       }));
  if (replayed.sequence_number != live.sequence_number) {
    return FailedPrecondition(absl::StrFormat(
        "journal and live state differ: the exchange is at record %d, the journal ends at %d",
        live.sequence_number.value(), replayed.sequence_number.value()));
  }
  if (replayed.state_hash != live.state_hash) {
    return FailedPrecondition(absl::StrFormat(
        "journal and live state differ at record %d: state_hash %016x live, %016x replayed",
        live.sequence_number.value(), live.state_hash, replayed.state_hash));
  }
  out << absl::StrFormat("live state equals the journal: sequence_number %d state_hash %016x\n",
                         live.sequence_number.value(), live.state_hash);
  return absl::OkStatus();
}

}  // namespace

void JournalToolConfig::Declare(service::Options& options) {
  options.AddPath("data_dir", &data_dir,
                  {.help = "Directory of journal and snapshots.", .required = true});
  options.Add("from", &from,
              {.help = "First record to print; the first one to give up when truncating.",
               .min = 1,
               .flags = {"from_sequence"}});
  options.Add("to", &to,
              {.help = "Last record to print or to replay.", .min = 1, .flags = {"to_sequence"}});
  options.Add("order", &order, {.help = "Print the life of this order only: its id or number."});
  options.AddPath("postgres_url_file", &postgres_url_file,
                  {.help = "File with the libpq connection string of the database to audit."});
  options.Add("kafka_brokers", &kafka_brokers, {.help = "Kafka to audit, as host:port,..."});
  options.Add("operator_addr", &operator_addr,
              {.help = "Operator gRPC address of the running exchange to audit."});
  options.AddPath("operator_credentials", &operator_credentials,
                  {.help = "JSON file with key_id and private_key_path of the operator."});
}

absl::Status PrintJournal(const JournalToolConfig& config, std::ostream& out) {
  std::optional<OrderId> order;
  if (!config.order.empty()) {
    EVX_ASSIGN_OR_RETURN(order, ParseOrder(config));
  }
  absl::Status status;
  bool any = false;
  const auto visit = [&](const journal::RecordView& record, const std::string& path,
                         std::uint64_t offset) {
    const absl::StatusOr<bool> printed = PrintRecord(record, order, out);
    if (!printed.ok()) {
      status = DataLoss(absl::StrFormat("%s: offset %d: record %d: %s", path, offset,
                                        record.sequence.value(), MessageOf(printed.status())));
      return false;
    }
    any = any || *printed;
    return true;
  };
  EVX_RETURN_IF_ERROR(journal::VisitRecords(journal::PosixFileSystem(), config.data_dir,
                                            SequenceNumber(static_cast<std::uint64_t>(config.from)),
                                            SequenceNumber(static_cast<std::uint64_t>(config.to)),
                                            visit));
  EVX_RETURN_IF_ERROR(status);
  if (order && !any) {
    return NotFound("no record of " + config.data_dir + " concerns order " + config.order);
  }
  return absl::OkStatus();
}

absl::Status VerifyJournal(const JournalToolConfig& config, std::ostream& out) {
  EVX_ASSIGN_OR_RETURN(const journal::VerifyReport report,
                       journal::VerifyJournal(journal::PosixFileSystem(), config.data_dir));
  out << journal::FormatReport(report);
  return absl::OkStatus();
}

absl::Status TruncateJournal(const JournalToolConfig& config, std::ostream& out) {
  EVX_ASSIGN_OR_RETURN(
      const journal::TruncateReport report,
      journal::TruncateJournal(journal::PosixFileSystem(), config.data_dir,
                               SequenceNumber(static_cast<std::uint64_t>(config.from))));
  for (const std::string& path : report.discarded_paths) out << "kept beside: " << path << '\n';
  out << "the journal goes on with record " << report.next_sequence.value() << '\n';
  return absl::OkStatus();
}

absl::Status ReplayJournal(const JournalToolConfig& config, std::ostream& out) {
  const SequenceNumber to(static_cast<std::uint64_t>(config.to));
  EVX_ASSIGN_OR_RETURN(const ReplayedState replayed,
                       ReplayTo(journal::PosixFileSystem(), config.data_dir, to));
  const bool is_limited = config.to != JournalToolConfig().to;
  if (is_limited && replayed.sequence_number != to) {
    return absl::OutOfRangeError(ToAbsl(absl::StrFormat(
        "--to=%d: the journal ends at record %d", config.to, replayed.sequence_number.value())));
  }
  out << absl::StrFormat("from %s, %d records executed again\n",
                         replayed.base ? absl::StrFormat("snapshot %d", replayed.base.value())
                                       : "the first record",
                         replayed.sequence_number.value() - replayed.base.value())
      << absl::StrFormat("sequence_number %d state_hash %016x\n", replayed.sequence_number.value(),
                         replayed.state_hash);
  return absl::OkStatus();
}

absl::Status DigestJournal(const JournalToolConfig& config, std::ostream& out) {
  Xxh64Stream digest;
  std::int64_t count = 0;
  absl::Status status;
  const auto visit = [&](const journal::RecordView& record, const std::string& path,
                         std::uint64_t offset) {
    const absl::StatusOr<venue::Command> command = venue::DecodeCommand(record.command);
    if (!command.ok()) {
      status = DataLoss(absl::StrFormat("%s: offset %d: record %d: %s", path, offset,
                                        record.sequence.value(), MessageOf(command.status())));
      return false;
    }
    if (std::holds_alternative<venue::RegisterKey>(*command) ||
        std::holds_alternative<venue::RevokeKey>(*command)) {
      return true;
    }
    digest.Update(absl::StrFormat("%d %d %d ", record.sequence.value(), record.time.nanos(),
                                  record.events.size()));
    digest.Update(record.events);
    ++count;
    return true;
  };
  EVX_RETURN_IF_ERROR(journal::VisitRecords(journal::PosixFileSystem(), config.data_dir,
                                            SequenceNumber(static_cast<std::uint64_t>(config.from)),
                                            SequenceNumber(static_cast<std::uint64_t>(config.to)),
                                            visit));
  EVX_RETURN_IF_ERROR(status);
  out << absl::StrFormat("%d records, digest %016x\n", count, digest.Digest());
  return absl::OkStatus();
}

absl::Status AuditJournal(const JournalToolConfig& config, std::ostream& out) {
  if (config.postgres_url_file.empty() && config.kafka_brokers.empty() &&
      config.operator_addr.empty()) {
    return InvalidArgument(
        "audit needs --postgres_url_file, --kafka_brokers or --operator_addr, or more of them");
  }
  if (!config.operator_addr.empty()) EVX_RETURN_IF_ERROR(AuditLiveState(config, out));
  if (!config.kafka_brokers.empty()) {
    EVX_ASSIGN_OR_RETURN(const KafkaAuditReport report, ReadBesideRetention([&] {
                           return AuditKafka(journal::PosixFileSystem(), config.data_dir,
                                             config.kafka_brokers);
                         }));
    out << absl::StrFormat(
        "Kafka equals the journal: records %d to %d, %d messages with %d events compared, "
        "%d more were there twice\n",
        report.first.value(), report.last.value(), report.message_count, report.event_count,
        report.duplicate_count);
  }
  if (config.postgres_url_file.empty()) return absl::OkStatus();
  postgres::ConnectOptions connect;
  EVX_ASSIGN_OR_RETURN(connect.url, postgres::ReadUrlFile(config.postgres_url_file));
  connect.application_name = "evx-journal";
  connect.call_timeout = kAuditTimeout;
  EVX_ASSIGN_OR_RETURN(const AuditReport report, ReadBesideRetention([&] {
                         return AuditPostgres(journal::PosixFileSystem(), config.data_dir, connect);
                       }));
  out << absl::StrFormat("PostgreSQL equals the journal: records %d to %d, %d rows compared\n",
                         report.first.value(), report.last.value(), report.row_count);
  return absl::OkStatus();
}

}  // namespace evx::mock_kalshi
