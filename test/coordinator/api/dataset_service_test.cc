// DatasetService over real gRPC, called as any client would.
#include "services/coordinator/api/dataset_service.h"

#include <catch2/catch.hpp>

#include "mlp/v1/dataset.grpc.pb.h"
#include "services/base/field_error.h"
#include "services/rpc/channel.h"
#include "services/rpc/status.h"
#include "test/coordinator/api/dataset_server.h"
#include "test/coordinator/datasets/dataset_files.h"
#include "test/support/no_descriptors.h"

namespace mlp::coordinator {
namespace {

using Stub = v1::DatasetService::Stub;

struct Service : DatasetServer {
  Service() : stub(v1::DatasetService::NewStub(rpc::MakeChannel(address()))) {}

  template <class Request, class Response>
  absl::StatusOr<Response> Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                             Response*),
                                const Request& request) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    Response response;
    const grpc::Status status = (stub.get()->*method)(&context, request, &response);
    if (!status.ok()) return rpc::FromGrpcStatus(status);
    return response;
  }
  absl::StatusOr<std::string> Get(const std::string& sha256, std::int64_t offset) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    v1::GetFileRequest request;
    request.set_sha256(sha256);
    request.set_offset(offset);
    const auto reader = stub->GetFile(&context, request);
    std::string bytes;
    v1::GetFileResponse piece;
    while (reader->Read(&piece)) bytes += piece.data();
    const absl::Status status = rpc::FromGrpcStatus(reader->Finish());
    if (!status.ok()) return status;
    return bytes;
  }
  v1::WriteFileRequest Piece(const std::string& text) const {
    v1::WriteFileRequest request;
    request.set_sha256(Sha256(text));
    request.set_bytes(static_cast<std::int64_t>(text.size()));
    request.set_data(text);
    return request;
  }
  template <class Request>
  Request RequestFor(const std::string& name, const Texts& texts) const {
    Request request;
    request.set_name(name);
    for (const DatasetFile& file : FilesOf(texts)) {
      v1::DatasetFile& added = *request.add_files();
      added.set_name(file.name);
      added.set_sha256(file.sha256);
      added.set_bytes(file.bytes);
    }
    return request;
  }

  std::unique_ptr<Stub> stub;
};

TEST_CASE("a dataset goes in by pieces, and out by digest, over the network") {
  Service service;
  const auto plan = service.Call(&Stub::PlanDataset,
                                 service.RequestFor<v1::PlanDatasetRequest>("tiny", kTinyTexts));
  CHECK(plan.value().missing_size() == 3);
  for (const auto& [name, text] : kTinyTexts) {
    const auto written = service.Call(&Stub::WriteFile, service.Piece(text));
    CHECK(written.value().received() == static_cast<std::int64_t>(text.size()));
  }
  const auto committed = service.Call(
      &Stub::CommitDataset, service.RequestFor<v1::CommitDatasetRequest>("tiny", kTinyTexts));
  CHECK(committed.value().dataset().shards() == 2);
  CHECK(committed.value().dataset().files(0).name() == "train_2.txt");
  CHECK(committed.value().dataset().has_create_time());
  const auto listed = service.Call(&Stub::ListDatasets, v1::ListDatasetsRequest());
  REQUIRE(listed.value().datasets_size() == 1);
  CHECK(listed.value().datasets(0).training_rows() == 3);

  const std::string& text = kTinyTexts.at("train_2.txt");
  CHECK(service.Get(Sha256(text), 0).value() == text);
  CHECK(service.Get(Sha256(text), 5).value() == text.substr(5));
  CHECK(service.Get(Sha256(text), static_cast<std::int64_t>(text.size())).value().empty());
  CHECK(service.Get(Sha256(text), 13).status().code() == absl::StatusCode::kOutOfRange);

  v1::RemoveDatasetRequest remove;
  remove.set_name("tiny");
  CHECK(service.Call(&Stub::RemoveDataset, remove).ok());
  CHECK(service.Get(Sha256(text), 0).status().code() == absl::StatusCode::kNotFound);
}

TEST_CASE("a file of several pieces comes out as it went in") {
  Service service;
  std::string text;
  while (text.size() < 3'500'000) text += std::to_string(text.size()) + ",1\n";
  CHECK(service.Call(&Stub::WriteFile, service.Piece(text)).ok());
  CHECK(service.Get(Sha256(text), 0).value() == text);
  CHECK(service.Get(Sha256(text), 2'000'000).value() == text.substr(2'000'000));
}

TEST_CASE("a file that cannot be opened for the moment is worth another try, others are not") {
  Service service;
  for (const auto& [name, text] : kTinyTexts) service.data.Write("tiny/" + name, text);
  REQUIRE(service.catalog->Load("tiny").ok());
  const std::string& text = kTinyTexts.at("train_2.txt");
  const std::filesystem::path file = service.data.path() / "tiny" / "train_2.txt";
  CHECK(service.Get(Sha256(text), 0).value() == text);
  std::filesystem::remove(file);
  CHECK(service.Get(Sha256(text), 0).status().code() == absl::StatusCode::kNotFound);
  std::filesystem::create_symlink(file, file);  // nobody can open it
  const absl::Status lasting = service.Get(Sha256(text), 0).status();
  CHECK(lasting.code() == absl::StatusCode::kFailedPrecondition);
  CHECK(lasting.message() == "the file cannot be opened: Too many levels of symbolic links");
  std::filesystem::remove(file);
  std::filesystem::create_symlink("/proc/self/mem", file);  // opens, and nothing can be read
  const absl::Status broken = service.Get(Sha256(text), 0).status();
  CHECK(broken.code() == absl::StatusCode::kFailedPrecondition);
  CHECK(broken.message() == "the file cannot be read: Input/output error");
  const auto passing = test::WithoutDescriptors([&] { return service.Get(Sha256(text), 0); });
  CHECK(passing.status().code() == absl::StatusCode::kUnavailable);
  CHECK(passing.status().message() == "the file cannot be opened: Too many open files; try again");
}

TEST_CASE("bad requests are refused with the field at fault") {
  Service service;
  const auto field_of = [](const auto& answer) { return FieldOf(answer.status()); };
  v1::WriteFileRequest piece = service.Piece("rows");
  SECTION("digest") {
    piece.set_sha256("short");
    CHECK(field_of(service.Call(&Stub::WriteFile, piece)) == "sha256");
    CHECK(field_of(service.Get("short", 0)) == "sha256");
  }
  SECTION("length") {
    piece.set_bytes(0);
    CHECK(field_of(service.Call(&Stub::WriteFile, piece)) == "bytes");
  }
  SECTION("offset") {
    piece.set_offset(-1);
    CHECK(field_of(service.Call(&Stub::WriteFile, piece)) == "offset");
    CHECK(field_of(service.Get(Sha256("rows"), -1)) == "offset");
  }
  SECTION("data") {
    piece.clear_data();
    CHECK(field_of(service.Call(&Stub::WriteFile, piece)) == "data");
    piece.set_data(std::string((4 << 20) + 1, '1'));
    CHECK(field_of(service.Call(&Stub::WriteFile, piece)) == "data");
  }
  SECTION("name") {
    const auto plan = service.RequestFor<v1::PlanDatasetRequest>("../x", kTinyTexts);
    CHECK(field_of(service.Call(&Stub::PlanDataset, plan)) == "name");
    const auto commit = service.RequestFor<v1::CommitDatasetRequest>("", kTinyTexts);
    CHECK(field_of(service.Call(&Stub::CommitDataset, commit)) == "name");
    CHECK(field_of(service.Call(&Stub::RemoveDataset, v1::RemoveDatasetRequest())) == "name");
  }
  SECTION("files") {
    const auto plan = service.RequestFor<v1::PlanDatasetRequest>("tiny", {});
    CHECK(field_of(service.Call(&Stub::PlanDataset, plan)) == "files");
  }
}

TEST_CASE("a file with a wrong digest is refused and forgotten") {
  Service service;
  v1::WriteFileRequest piece = service.Piece("rows");
  piece.set_data("wors");
  CHECK(service.Call(&Stub::WriteFile, piece).status().code() == absl::StatusCode::kDataLoss);
  CHECK(service.Get(Sha256("rows"), 0).status().code() == absl::StatusCode::kNotFound);
  CHECK(service.Call(&Stub::WriteFile, service.Piece("rows")).ok());
}

}  // namespace
}  // namespace mlp::coordinator
