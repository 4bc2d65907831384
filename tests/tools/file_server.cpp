// SPDX-License-Identifier: MIT
#include "tests/tools/file_server.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace cnn::test {
namespace {

void send_all(int connection, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
}

std::string read_request(int connection) {
  std::string request;
  char block[1024];
  while (request.find("\r\n\r\n") == std::string::npos) {
    const ssize_t got = ::recv(connection, block, sizeof block, 0);
    if (got <= 0) break;
    request.append(block, static_cast<size_t>(got));
  }
  return request;
}

std::string range_of(const std::string& request) {
  const size_t at = request.find("Range: ");
  if (at == std::string::npos) return "";
  return request.substr(at + 7, request.find("\r\n", at) - at - 7);
}

}  // namespace

FileServer::FileServer(std::string content, ServerManners manners)
    : content_(std::move(content)), manners_(std::move(manners)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(::listen(listener_, 16), 0);
  EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
  port_ = ntohs(address.sin_port);
  EXPECT_EQ(::pipe(stop_), 0);
  thread_ = std::thread([this] { serve(); });
}

FileServer::~FileServer() {
  EXPECT_EQ(::write(stop_[1], "x", 1), 1);
  thread_.join();
  for (int descriptor : {listener_, stop_[0], stop_[1]}) ::close(descriptor);
}

std::string FileServer::url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/net.onnx"; }

std::vector<std::string> FileServer::ranges() const {
  const std::lock_guard lock(mutex_);
  return ranges_;
}

void FileServer::serve() {
  while (true) {
    pollfd ready[] = {{listener_, POLLIN, 0}, {stop_[0], POLLIN, 0}};
    if (::poll(ready, 2, -1) < 0 || ready[1].revents) return;
    const int connection = ::accept(listener_, nullptr, nullptr);
    if (connection < 0) continue;
    answer(connection, read_request(connection));
    ::shutdown(connection, SHUT_RDWR);
    ::close(connection);
  }
}

void FileServer::answer(int connection, const std::string& request) {
  const std::string range = range_of(request);
  size_t number = 0;
  {
    const std::lock_guard lock(mutex_);
    number = ranges_.size();
    ranges_.push_back(range);
  }
  if (manners_.redirects)
    return send_all(connection, "HTTP/1.1 302 Found\r\nLocation: " + url() + "\r\nContent-Length: 0\r\n\r\n");
  if (manners_.status != 200)
    return send_all(connection, "HTTP/1.1 " + std::to_string(manners_.status) + " No\r\nContent-Length: 0\r\n\r\n");
  size_t begin = 0;
  std::string head = "HTTP/1.1 200 OK\r\n";
  if (manners_.ranges && range.starts_with("bytes=")) {
    begin = std::min<size_t>(std::strtoull(range.c_str() + 6, nullptr, 10), content_.size());
    head = "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes " + std::to_string(begin) + "-" +
           std::to_string(content_.size() - 1) + "/" + std::to_string(content_.size()) + "\r\n";
  }
  std::string_view body = std::string_view(content_).substr(begin);
  if (manners_.states_length) head += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  if (number < manners_.cuts.size()) body = body.substr(0, manners_.cuts[number]);
  send_all(connection, head + "Connection: close\r\n\r\n");
  send_all(connection, body);
}

}  // namespace cnn::test
