#include "services/coordinator/nodes/node_list.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace mlp::coordinator {
namespace {

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

std::optional<HostPort> Parse(absl::string_view host, absl::string_view port) {
  HostPort node;
  std::uint32_t number = 0;
  host = absl::StripAsciiWhitespace(host);
  if (host.empty() || !absl::SimpleAtoi(absl::StripAsciiWhitespace(port), &number))
    return std::nullopt;
  if (number < 1 || number > 65535) return std::nullopt;
  if (host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  node.host = std::string(host);
  node.port = static_cast<std::uint16_t>(number);
  return node;
}

std::string NumericAddress(const addrinfo& info) {
  char text[INET6_ADDRSTRLEN] = "";
  if (info.ai_family == AF_INET) {
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(info.ai_addr)->sin_addr, text,
              sizeof text);
  } else {
    inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6*>(info.ai_addr)->sin6_addr, text,
              sizeof text);
  }
  return text;
}

}  // namespace

absl::StatusOr<std::vector<HostPort>> ParseNodeList(std::string_view text) {
  std::vector<HostPort> nodes;
  if (absl::StripAsciiWhitespace(View(text)).empty()) return nodes;
  for (const absl::string_view entry : absl::StrSplit(View(text), ',')) {
    const auto colon = entry.rfind(':');
    std::optional<HostPort> node;
    if (colon != absl::string_view::npos)
      node = Parse(entry.substr(0, colon), entry.substr(colon + 1));
    if (!node) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", entry, "\" is not host:port with a port from 1 to 65535"));
    }
    nodes.push_back(*std::move(node));
  }
  return nodes;
}

absl::StatusOr<std::vector<HostPort>> ParseNodeFile(std::string_view text, std::string_view name) {
  std::vector<HostPort> nodes;
  int number = 0;
  for (absl::string_view line : absl::StrSplit(View(text), '\n')) {
    ++number;
    line = absl::StripAsciiWhitespace(line.substr(0, line.find('#')));
    if (line.empty()) continue;
    const std::vector<absl::string_view> parts = absl::StrSplit(line, ',');
    std::optional<HostPort> node;
    if (parts.size() == 2) node = Parse(parts[0], parts[1]);
    if (!node) {
      return absl::InvalidArgumentError(
          absl::StrCat(View(name), ":", number, ": \"", line,
                       "\" is not host,port with a port from 1 to 65535"));
    }
    nodes.push_back(*std::move(node));
  }
  return nodes;
}

std::string ToString(const HostPort& node) {
  const bool ipv6 = node.host.find(':') != std::string::npos;
  return ipv6 ? absl::StrCat("[", node.host, "]:", node.port)
              : absl::StrCat(node.host, ":", node.port);
}

absl::StatusOr<std::vector<std::string>> Resolve(const HostPort& node) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(node.host.c_str(), nullptr, &hints, &found);
  if (error != 0) {
    return absl::UnavailableError(
        absl::StrCat("cannot resolve ", node.host, ": ", gai_strerror(error)));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
  std::vector<std::string> addresses;
  for (const addrinfo* info = found; info != nullptr; info = info->ai_next) {
    if (info->ai_family != AF_INET && info->ai_family != AF_INET6) continue;
    addresses.push_back(ToString(HostPort{NumericAddress(*info), node.port}));
  }
  std::ranges::sort(addresses);
  addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
  return addresses;
}

}  // namespace mlp::coordinator
