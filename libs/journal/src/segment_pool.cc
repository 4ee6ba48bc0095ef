#include "segment_pool.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "evx/core/check.h"
#include "evx/core/status.h"

namespace evx::journal {
namespace {

constexpr char kFilling[] = "filling";
constexpr char kReady[] = "ready";
constexpr std::size_t kFillBytes = 512u << 10;

struct alignas(kDirectBlockBytes) Zeros {
  char bytes[kFillBytes];
};
constinit const Zeros kZeros{};

}  // namespace

SegmentPool::SegmentPool(FileSystem& file_system, Options options)
    : file_system_(file_system), options_(std::move(options)) {}

SegmentPool::~SegmentPool() { Stop(); }

absl::Status SegmentPool::Start() {
  EVX_RETURN_IF_ERROR(AdoptSpares());
  if (ready_.empty()) EVX_RETURN_IF_ERROR(MakeReady());
  thread_ = std::thread([this] { Run(); });
  return absl::OkStatus();
}

void SegmentPool::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_.store(true);
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

SegmentPool::Spare SegmentPool::Take() {
  const std::lock_guard lock(mutex_);
  EVX_CHECK(!ready_.empty());
  Spare spare = std::move(ready_.front());
  ready_.pop_front();
  wake_.notify_all();
  return spare;
}

void SegmentPool::AddSealed(SequenceNumber first, SequenceNumber last, std::string path) {
  const std::lock_guard lock(mutex_);
  sealed_.push_back({first, last, std::move(path)});
  wake_.notify_all();
}

void SegmentPool::Retain(SequenceNumber from) {
  const std::lock_guard lock(mutex_);
  retain_from_ = std::max(retain_from_, from);
  wake_.notify_all();
}

absl::Status SegmentPool::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void SegmentPool::Run() {
  absl::Duration pause = options_.retry_min;
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const bool wanting = static_cast<int>(ready_.size()) < options_.ahead;
    std::optional<Sealed> free;
    if (!sealed_.empty() && sealed_.front().last < retain_from_) {
      free = std::move(sealed_.front());
      sealed_.pop_front();
    }
    if (!free && !wanting) {
      wake_.wait(lock);
      continue;
    }
    const bool recycling = free && static_cast<int>(ready_.size()) < options_.ahead + kRecycledMax;
    lock.unlock();
    absl::Status status;
    if (recycling) {
      status = Recycle(*free);
    } else if (free) {
      status = file_system_.Remove(free->path);
      if (status.ok()) deleted_count_.fetch_add(1, std::memory_order_relaxed);
    } else {
      status = MakeReady();
    }
    lock.lock();
    if (wanting || recycling) {
      status_ = status;
      failing_.store(!status.ok());
    }
    if (status.ok()) {
      pause = options_.retry_min;
    } else if (!stopping_) {
      // No space, or an error that the writer will meet too: both are tried again, more and more
      // slowly. New work (space freed by retention) ends the wait early.
      wake_.wait_for(lock, absl::ToChronoNanoseconds(pause));
      pause = std::min(2 * pause, options_.retry_max);
    }
  }
}

// Runs before the thread does.
absl::Status SegmentPool::AdoptSpares() {
  EVX_ASSIGN_OR_RETURN(const std::vector<std::string> names, file_system_.List(options_.directory));
  for (const std::string& name : names) {
    if (!absl::StartsWith(name, "spare-")) continue;
    const std::string path = options_.directory + "/" + name;
    if (absl::EndsWith(name, kReady) && static_cast<int>(ready_.size()) < options_.ahead) {
      auto file = file_system_.Open(path, OpenMode::kReadWriteDirect);
      if (file.ok()) {
        const auto size = (*file)->Size();
        if (size.ok() && *size == options_.segment_bytes) {
          // A new name, so that numbers never collide with those of this run.
          const std::string own = SparePath(next_spare_++, "adopted");
          EVX_RETURN_IF_ERROR(file_system_.Rename(path, own));
          ready_.push_back({own, *std::move(file)});
          continue;
        }
      }
    }
    EVX_RETURN_IF_ERROR(file_system_.Remove(path));
  }
  for (Spare& spare : ready_) {
    const std::string path = SparePath(next_spare_++, kReady);
    EVX_RETURN_IF_ERROR(file_system_.Rename(spare.path, path));
    spare.path = path;
  }
  ready_count_.store(ready_.size());
  return absl::OkStatus();
}

absl::Status SegmentPool::MakeReady() {
  const std::string path = SparePath(next_spare_, kFilling);
  EVX_ASSIGN_OR_RETURN(std::unique_ptr<File> file,
                       file_system_.Open(path, OpenMode::kCreateDirect));
  return FillAndOffer(path, std::move(file));
}

absl::Status SegmentPool::Recycle(const Sealed& sealed) {
  const std::string path = SparePath(next_spare_, kFilling);
  // Gone from the journal before its bytes change.
  EVX_RETURN_IF_ERROR(file_system_.Rename(sealed.path, path));
  EVX_RETURN_IF_ERROR(file_system_.SyncDirectory(options_.directory));
  EVX_ASSIGN_OR_RETURN(std::unique_ptr<File> file,
                       file_system_.Open(path, OpenMode::kReadWriteDirect));
  EVX_ASSIGN_OR_RETURN(const std::uint64_t size, file->Size());
  if (size > options_.segment_bytes) EVX_RETURN_IF_ERROR(file->Truncate(options_.segment_bytes));
  EVX_RETURN_IF_ERROR(FillAndOffer(path, std::move(file)));
  recycled_count_.fetch_add(1, std::memory_order_relaxed);
  return absl::OkStatus();
}

absl::Status SegmentPool::FillAndOffer(const std::string& filling, std::unique_ptr<File> file) {
  if (const absl::Status status = Fill(*file); !status.ok()) {
    // Gives the space back; what cannot be removed now is removed at the next start.
    file.reset();
    (void)file_system_.Remove(filling);
    return status;
  }
  const std::string path = SparePath(next_spare_, kReady);
  EVX_RETURN_IF_ERROR(file_system_.Rename(filling, path));
  ++next_spare_;
  const std::lock_guard lock(mutex_);
  ready_.push_back({path, std::move(file)});
  ready_count_.fetch_add(1, std::memory_order_release);
  return absl::OkStatus();
}

// Writing every byte once, and syncing, turns the allocation into plain blocks: later writes change
// no metadata, which makes their fdatasync a third faster.
absl::Status SegmentPool::Fill(File& file) {
  EVX_RETURN_IF_ERROR(file.Allocate(options_.segment_bytes));
  for (std::uint64_t offset = 0; offset < options_.segment_bytes; offset += kFillBytes) {
    if (stopping_.load(std::memory_order_relaxed)) return Unavailable("the journal is closing");
    const std::size_t size = std::min<std::uint64_t>(options_.segment_bytes - offset, kFillBytes);
    EVX_RETURN_IF_ERROR(file.Write(offset, {kZeros.bytes, size}));
    EVX_RETURN_IF_ERROR(file.Sync());
  }
  return absl::OkStatus();
}

std::string SegmentPool::SparePath(std::uint64_t number, const char* suffix) const {
  return absl::StrFormat("%s/spare-%06d.%s", options_.directory, number, suffix);
}

}  // namespace evx::journal
