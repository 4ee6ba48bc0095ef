#include "evx/journal/testing/simulated_file_system.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "evx/core/check.h"
#include "evx/core/status.h"
#include "evx/journal/format.h"

namespace evx::journal::testing {

class SimulatedFileSystem::SimulatedFile final : public File {
 public:
  SimulatedFile(SimulatedFileSystem& disk, std::shared_ptr<Inode> inode, std::uint64_t epoch,
                std::string path, bool direct)
      : disk_(disk),
        inode_(std::move(inode)),
        epoch_(epoch),
        path_(std::move(path)),
        direct_(direct) {}

  absl::StatusOr<std::size_t> Read(std::uint64_t offset, std::span<char> out) override {
    CheckBlocks(offset, {out.data(), out.size()});
    const std::lock_guard lock(disk_.mutex_);
    EVX_RETURN_IF_ERROR(disk_.BeginOperation(epoch_, path_));
    if (offset >= inode_->current.size()) return 0;
    return inode_->current.copy(out.data(), out.size(), offset);
  }

  absl::Status Write(std::uint64_t offset, std::string_view bytes) override {
    CheckBlocks(offset, bytes);
    const std::lock_guard lock(disk_.mutex_);
    EVX_RETURN_IF_ERROR(disk_.BeginOperation(epoch_, path_));
    return disk_.WriteLocked(*inode_, offset, bytes, path_);
  }

  absl::Status WriteDurably(std::uint64_t offset, std::string_view bytes) override {
    CheckBlocks(offset, bytes);
    std::unique_lock lock(disk_.mutex_);
    EVX_RETURN_IF_ERROR(disk_.BeginOperation(epoch_, path_));
    EVX_RETURN_IF_ERROR(disk_.WriteLocked(*inode_, offset, bytes, path_));
    return disk_.SyncLocked(lock, epoch_, *inode_, path_);
  }

  absl::Status Sync() override {
    std::unique_lock lock(disk_.mutex_);
    return disk_.SyncLocked(lock, epoch_, *inode_, path_);
  }

  absl::Status Flush(std::uint64_t, std::uint64_t) override {
    const std::lock_guard lock(disk_.mutex_);
    return disk_.BeginOperation(epoch_, path_);
  }

  absl::Status Allocate(std::uint64_t size) override {
    const std::lock_guard lock(disk_.mutex_);
    EVX_RETURN_IF_ERROR(disk_.BeginOperation(epoch_, path_));
    if (size <= inode_->current.size()) return absl::OkStatus();
    if (disk_.UsedLocked() + size - inode_->current.size() > disk_.capacity_) {
      return ResourceExhausted("cannot allocate " + path_ + ": simulated disk is full");
    }
    inode_->current.resize(size, '\0');
    inode_->durable.resize(size, '\0');
    return absl::OkStatus();
  }

  absl::Status Truncate(std::uint64_t size) override {
    const std::lock_guard lock(disk_.mutex_);
    EVX_RETURN_IF_ERROR(disk_.BeginOperation(epoch_, path_));
    inode_->current.resize(size, '\0');
    inode_->unsynced.push_back({size, 0});
    return absl::OkStatus();
  }

  absl::StatusOr<std::uint64_t> Size() override {
    const std::lock_guard lock(disk_.mutex_);
    EVX_RETURN_IF_ERROR(disk_.BeginOperation(epoch_, path_));
    return inode_->current.size();
  }

 private:
  // What a file that is open for direct access demands.
  void CheckBlocks(std::uint64_t offset, std::string_view bytes) const {
    if (!direct_) return;
    EVX_CHECK(offset % kDirectBlockBytes == 0 && bytes.size() % kDirectBlockBytes == 0);
    EVX_CHECK(reinterpret_cast<std::uintptr_t>(bytes.data()) % kDirectBlockBytes == 0);
  }

  SimulatedFileSystem& disk_;
  const std::shared_ptr<Inode> inode_;
  const std::uint64_t epoch_;
  const std::string path_;
  const bool direct_;
};

class SimulatedFileSystem::SimulatedLock final : public FileLock {
 public:
  SimulatedLock(SimulatedFileSystem& disk, std::string path, std::uint64_t epoch)
      : disk_(disk), path_(std::move(path)), epoch_(epoch) {}
  ~SimulatedLock() override {
    const std::lock_guard lock(disk_.mutex_);
    if (disk_.epoch_ == epoch_) disk_.locks_.erase(path_);
  }

 private:
  SimulatedFileSystem& disk_;
  const std::string path_;
  const std::uint64_t epoch_;
};

SimulatedFileSystem::SimulatedFileSystem() : history_(1) {}
SimulatedFileSystem::~SimulatedFileSystem() = default;

void SimulatedFileSystem::Crash(CrashMode mode, std::mt19937_64& random) {
  const std::lock_guard lock(mutex_);
  ++epoch_;
  locks_.clear();
  operations_left_.reset();
  held_part_.reset();
  changed_.notify_all();
  switch (mode) {
    case CrashMode::kPowerCut:
      current_ = history_[random() % history_.size()];
      for (auto& [path, inode] : current_) TearSectors(*inode, random);
      break;
    case CrashMode::kKill:
      for (auto& [path, inode] : current_) TearLastWrite(*inode, random);
      break;
  }
  for (auto& [path, inode] : current_) {
    inode->durable = inode->current;
    inode->unsynced.clear();
  }
  history_.assign(1, current_);
}

void SimulatedFileSystem::TearSectors(Inode& inode, std::mt19937_64& random) {
  std::set<std::uint64_t> sectors;
  bool size_changed = false;
  for (const Range& range : inode.unsynced) {
    if (range.size == 0) size_changed = true;
    for (std::uint64_t s = range.offset / kSectorBytes;
         s * kSectorBytes < range.offset + range.size; ++s) {
      sectors.insert(s);
    }
  }
  const std::string written = std::move(inode.current);
  inode.current = inode.durable;
  // A file that was to grow has either size; sectors beyond the old end read as zeros then.
  if (written.size() > inode.current.size() || (size_changed && random() % 2 == 0)) {
    if (random() % 2 == 0) inode.current.resize(written.size(), '\0');
  }
  for (const std::uint64_t sector : sectors) {
    if (random() % 2 == 0) continue;
    const std::uint64_t begin = sector * kSectorBytes;
    if (begin >= inode.current.size() || begin >= written.size()) continue;
    const std::uint64_t size = std::min<std::uint64_t>(
        {kSectorBytes, inode.current.size() - begin, written.size() - begin});
    inode.current.replace(begin, size, written, begin, size);
  }
}

void SimulatedFileSystem::TearLastWrite(Inode& inode, std::mt19937_64& random) {
  if (inode.unsynced.empty()) return;
  const Range last = inode.unsynced.back();
  if (last.size == 0) return;
  const std::uint64_t kept = random() % (last.size + 1);
  for (std::uint64_t at = last.offset + kept; at < last.offset + last.size; ++at) {
    inode.current[at] = at < inode.durable.size() ? inode.durable[at] : '\0';
  }
}

void SimulatedFileSystem::FailAfter(std::uint64_t operation_count) {
  const std::lock_guard lock(mutex_);
  operations_left_ = operation_count;
}

void SimulatedFileSystem::SetCapacity(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  capacity_ = bytes;
}

std::uint64_t SimulatedFileSystem::used_bytes() const {
  const std::lock_guard lock(mutex_);
  return UsedLocked();
}

void SimulatedFileSystem::SetInPlaceWritesFail(bool fail) {
  const std::lock_guard lock(mutex_);
  in_place_fails_ = fail;
}

void SimulatedFileSystem::FailNextSync(absl::Status status) {
  const std::lock_guard lock(mutex_);
  next_sync_failure_ = std::move(status);
}

void SimulatedFileSystem::HoldSyncs(std::string path_part) {
  const std::lock_guard lock(mutex_);
  held_part_ = std::move(path_part);
}

void SimulatedFileSystem::ReleaseSyncs() {
  const std::lock_guard lock(mutex_);
  held_part_.reset();
  changed_.notify_all();
}

void SimulatedFileSystem::WaitForHeldSync() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return held_count_ > 0; });
}

std::string SimulatedFileSystem::Contents(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  const auto found = current_.find(path);
  EVX_CHECK(found != current_.end());
  return found->second->current;
}

void SimulatedFileSystem::SetContents(const std::string& path, std::string contents) {
  const std::lock_guard lock(mutex_);
  auto inode = std::make_shared<Inode>();
  inode->durable = contents;
  inode->current = std::move(contents);
  current_[path] = inode;
  for (Directory& state : history_) state[path] = inode;
}

std::vector<std::string> SimulatedFileSystem::Paths() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> paths;
  for (const auto& [path, inode] : current_) paths.push_back(path);
  return paths;
}

absl::Status SimulatedFileSystem::BeginOperation(std::uint64_t epoch, const std::string& path) {
  if (epoch != epoch_) return Unavailable(path + ": the simulated machine has crashed");
  if (operations_left_) {
    if (*operations_left_ == 0) return Unavailable(path + ": the simulated machine is crashing");
    --*operations_left_;
  }
  return absl::OkStatus();
}

std::uint64_t SimulatedFileSystem::UsedLocked() const {
  std::uint64_t used = 0;
  for (const auto& [path, inode] : current_) used += inode->current.size();
  return used;
}

absl::Status SimulatedFileSystem::WriteLocked(Inode& inode, std::uint64_t offset,
                                              std::string_view bytes, const std::string& path) {
  const auto full = [&] { return ResourceExhausted(path + ": simulated disk is full"); };
  if (in_place_fails_) return full();
  const std::uint64_t old_size = inode.current.size();
  std::uint64_t end = offset + bytes.size();
  const bool grows = end > old_size;
  if (grows && UsedLocked() + (end - old_size) > capacity_) {
    // What still fits is written, as the kernel does.
    const std::uint64_t room = capacity_ > UsedLocked() ? capacity_ - UsedLocked() : 0;
    end = std::max(offset, old_size + room);
    end = std::min(end, offset + bytes.size());
  }
  if (end > old_size) inode.current.resize(end, '\0');
  const std::uint64_t size = end - offset;
  inode.current.replace(offset, size, bytes.substr(0, size));
  if (size > 0) inode.unsynced.push_back({offset, size});
  return size == bytes.size() ? absl::OkStatus() : full();
}

absl::Status SimulatedFileSystem::SyncLocked(std::unique_lock<std::mutex>& lock,
                                             std::uint64_t epoch, Inode& inode,
                                             const std::string& path) {
  const auto is_held = [&] {
    // By the name of the day: a file may have been renamed since it was opened.
    return held_part_ && std::any_of(current_.begin(), current_.end(), [&](const auto& entry) {
             return entry.second.get() == &inode && absl::StrContains(entry.first, *held_part_);
           });
  };
  if (is_held()) {
    ++held_count_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return !is_held(); });
    --held_count_;
  }
  EVX_RETURN_IF_ERROR(BeginOperation(epoch, path));
  if (next_sync_failure_) {
    const absl::Status status = *next_sync_failure_;
    next_sync_failure_.reset();
    return status;
  }
  inode.durable.resize(inode.current.size(), '\0');
  for (const Range& range : inode.unsynced) {
    if (range.offset >= inode.current.size()) continue;
    inode.durable.replace(range.offset, range.size, inode.current, range.offset, range.size);
  }
  inode.unsynced.clear();
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<File>> SimulatedFileSystem::Open(const std::string& path,
                                                                OpenMode mode) {
  const std::lock_guard lock(mutex_);
  EVX_RETURN_IF_ERROR(BeginOperation(epoch_, path));
  const bool creates = mode == OpenMode::kCreate || mode == OpenMode::kCreateDirect;
  const bool direct = mode == OpenMode::kReadWriteDirect || mode == OpenMode::kCreateDirect;
  const auto found = current_.find(path);
  std::shared_ptr<Inode> inode;
  if (found != current_.end()) {
    inode = found->second;
    if (creates) {
      inode->current.clear();
      inode->unsynced.push_back({0, 0});
    }
  } else if (creates) {
    inode = std::make_shared<Inode>();
    current_[path] = inode;
    history_.push_back(current_);
  } else {
    return NotFound("cannot open " + path + ": no such file");
  }
  return std::make_unique<SimulatedFile>(*this, std::move(inode), epoch_, path, direct);
}

absl::StatusOr<std::vector<std::string>> SimulatedFileSystem::List(const std::string& directory) {
  const std::lock_guard lock(mutex_);
  EVX_RETURN_IF_ERROR(BeginOperation(epoch_, directory));
  const std::string prefix = directory + "/";
  std::vector<std::string> names;
  for (const auto& [path, inode] : current_) {
    if (absl::StartsWith(path, prefix)) names.push_back(path.substr(prefix.size()));
  }
  return names;
}

absl::Status SimulatedFileSystem::Rename(const std::string& from, const std::string& to) {
  const std::lock_guard lock(mutex_);
  EVX_RETURN_IF_ERROR(BeginOperation(epoch_, from));
  auto node = current_.extract(from);
  if (node.empty()) return NotFound("cannot rename " + from + ": no such file");
  current_[to] = node.mapped();
  history_.push_back(current_);
  return absl::OkStatus();
}

absl::Status SimulatedFileSystem::Remove(const std::string& path) {
  const std::lock_guard lock(mutex_);
  EVX_RETURN_IF_ERROR(BeginOperation(epoch_, path));
  if (current_.erase(path) == 0) return NotFound("cannot remove " + path + ": no such file");
  history_.push_back(current_);
  return absl::OkStatus();
}

absl::Status SimulatedFileSystem::SyncDirectory(const std::string& directory) {
  const std::lock_guard lock(mutex_);
  EVX_RETURN_IF_ERROR(BeginOperation(epoch_, directory));
  history_.assign(1, current_);
  return absl::OkStatus();
}

absl::Status SimulatedFileSystem::CreateDirectories(const std::string&) { return absl::OkStatus(); }

absl::StatusOr<std::unique_ptr<FileLock>> SimulatedFileSystem::Lock(const std::string& path) {
  const std::lock_guard lock(mutex_);
  EVX_RETURN_IF_ERROR(BeginOperation(epoch_, path));
  if (!locks_.insert(path).second) return FailedPrecondition(path + " is locked");
  return std::make_unique<SimulatedLock>(*this, path, epoch_);
}

}  // namespace evx::journal::testing
