#include "services/coordinator/nodes/node_list.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/base/field_error.h"

namespace mlp::coordinator {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

// Reads a line of a nodes file, without its comment.
absl::StatusOr<Address> ParseLine(absl::string_view line) {
  const std::vector<absl::string_view> parts = absl::StrSplit(line, ',');
  if (parts.size() != 2) {
    return absl::InvalidArgumentError(absl::StrCat("\"", line, "\" is not host,port"));
  }
  std::string host(absl::StripAsciiWhitespace(parts[0]));
  // A line may have an IPv6 address without brackets, as the comma ends it.
  if (std::ranges::count(host, ':') > 1 && host.front() != '[') host = absl::StrCat("[", host, "]");
  return ParseAddress(absl::StrCat(host, ":", absl::StripAsciiWhitespace(parts[1])));
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

absl::StatusOr<std::vector<Address>> ParseNodeList(std::string_view text) {
  std::vector<Address> nodes;
  if (absl::StripAsciiWhitespace(View(text)).empty()) return nodes;
  for (const absl::string_view entry : absl::StrSplit(View(text), ',')) {
    const absl::string_view address = absl::StripAsciiWhitespace(entry);
    auto node = ParseAddress({address.data(), address.size()});
    if (!node.ok()) return node.status();
    nodes.push_back(*std::move(node));
  }
  return nodes;
}

absl::StatusOr<std::vector<Address>> ParseNodeFile(std::string_view text, std::string_view name) {
  if (text.starts_with(kByteOrderMark)) {
    return absl::InvalidArgumentError(
        absl::StrCat(View(name), ": begins with a byte order mark; save it as UTF-8 without one"));
  }
  std::vector<Address> nodes;
  int number = 0;
  for (absl::string_view line : absl::StrSplit(View(text), '\n')) {
    ++number;
    line = absl::StripAsciiWhitespace(line.substr(0, line.find('#')));
    if (line.empty()) continue;
    auto node = ParseLine(line);
    if (!node.ok()) return WithContext(absl::StrCat(View(name), ":", number), node.status());
    nodes.push_back(*std::move(node));
  }
  return nodes;
}

absl::StatusOr<std::vector<std::string>> Resolve(const Address& node) {
  if (!node.path.empty()) return std::vector<std::string>{ToString(node)};
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
    addresses.push_back(ToString(Address{NumericAddress(*info), node.port}));
  }
  std::ranges::sort(addresses);
  addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
  return addresses;
}

}  // namespace mlp::coordinator
