// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace cnn::test {

/// How a FileServer answers.
struct ServerManners {
  bool ranges = true;          ///< false: every answer is the whole file
  std::vector<size_t> cuts{};  ///< the n-th connection breaks after so many bytes of the body; later ones do not
  int status = 200;            ///< others: an empty answer of that status
  bool states_length = true;   ///< false: the end of the connection is the end of the body
  bool redirects = false;      ///< to itself, for ever
};

/// Serves one file by HTTP on 127.0.0.1, whatever path is asked for, one connection after the other.
class FileServer {
 public:
  FileServer(std::string content, ServerManners manners);
  explicit FileServer(std::string content) : FileServer(std::move(content), ServerManners()) {}
  ~FileServer();
  FileServer(const FileServer&) = delete;

  std::string url() const;
  /// The Range header of each request so far, "" where there was none.
  std::vector<std::string> ranges() const;

 private:
  void serve();
  void answer(int connection, const std::string& request);

  const std::string content_;
  const ServerManners manners_;
  int listener_ = -1;
  int stop_[2] = {-1, -1};
  int port_ = 0;
  mutable std::mutex mutex_;
  std::vector<std::string> ranges_;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace cnn::test
