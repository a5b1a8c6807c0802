// ModelService and PredictService of a whole coordinator, over real gRPC, called as any client
// would.
#include "services/coordinator/api/model_service.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <functional>

#include "absl/strings/str_cat.h"
#include "libmlp/data/matrix.h"
#include "libmlp/model/initialization.h"
#include "libmlp/train/predictor.h"
#include "libmlp/train/training.h"
#include "mlp/v1/job.grpc.pb.h"
#include "mlp/v1/model_service.grpc.pb.h"
#include "mlp/v1/predict.grpc.pb.h"
#include "services/base/field_error.h"
#include "services/base/retry_after.h"
#include "services/coordinator/api/predict_rows.h"
#include "services/coordinator/coordinator_server.h"
#include "services/coordinator/job/model.h"
#include "services/rpc/channel.h"
#include "services/rpc/status.h"
#include "test/support/models.h"
#include "test/support/scratch.h"

namespace mlp::coordinator {
namespace {

using Catch::Contains;
using model::test::Fruit;
using model::test::Number;

class Service {
 public:
  Service() { Start(); }

  void Start() {
    CoordinatorServerOptions options;
    options.listen = "127.0.0.1:0";
    options.state_dir = state_.path();
    server_.reset();
    server_ = CoordinatorServer::Start(options).value();
    const auto channel = rpc::MakeChannel(absl::StrCat("127.0.0.1:", server_->port()));
    models_ = v1::ModelService::NewStub(channel);
    predict_ = v1::PredictService::NewStub(channel);
    jobs_ = v1::JobService::NewStub(channel);
  }

  absl::StatusOr<v1::ModelSummary> Import(std::vector<v1::ImportModelRequest> pieces) {
    grpc::ClientContext context;
    v1::ImportModelResponse response;
    const auto writer = models_->ImportModel(&context, &response);
    for (const v1::ImportModelRequest& piece : pieces) writer->Write(piece);
    writer->WritesDone();
    const absl::Status status = rpc::FromGrpcStatus(writer->Finish());
    if (!status.ok()) return status;
    return response.model();
  }
  absl::StatusOr<v1::ModelSummary> Import(const model::SavedModel& model,
                                          const std::string& name = "") {
    return Import(Pieces(model::ToProto(model).SerializeAsString(), name));
  }
  static std::vector<v1::ImportModelRequest> Pieces(const std::string& bytes,
                                                    const std::string& name,
                                                    std::size_t size = 100) {
    std::vector<v1::ImportModelRequest> pieces(1);
    pieces[0].set_name(name);
    pieces[0].set_bytes(static_cast<std::int64_t>(bytes.size()));
    for (std::size_t at = 0; at < bytes.size(); at += size) {
      if (at > 0) pieces.emplace_back();
      pieces.back().set_chunk(bytes.substr(at, size));
    }
    return pieces;
  }
  std::vector<std::string> List() {
    grpc::ClientContext context;
    v1::ListModelsResponse response;
    REQUIRE(models_->ListModels(&context, v1::ListModelsRequest(), &response).ok());
    std::vector<std::string> ids;
    for (const v1::ModelSummary& model : response.models()) ids.push_back(model.id());
    return ids;
  }
  absl::Status Remove(const std::string& id) {
    grpc::ClientContext context;
    v1::RemoveModelRequest request;
    request.set_id(id);
    v1::RemoveModelResponse response;
    return rpc::FromGrpcStatus(models_->RemoveModel(&context, request, &response));
  }
  absl::StatusOr<v1::PredictResponse> Predict(const v1::PredictRequest& request) {
    grpc::ClientContext context;
    v1::PredictResponse response;
    const absl::Status status =
        rpc::FromGrpcStatus(predict_->Predict(&context, request, &response));
    if (!status.ok()) return status;
    return response;
  }
  absl::StatusOr<std::string> Get(const std::string& id) {
    grpc::ClientContext context;
    v1::GetModelRequest request;
    request.set_id(id);
    const auto reader = jobs_->GetModel(&context, request);
    std::string bytes;
    v1::GetModelResponse piece;
    while (reader->Read(&piece)) bytes += piece.chunk();
    const absl::Status status = rpc::FromGrpcStatus(reader->Finish());
    if (!status.ok()) return status;
    return bytes;
  }
  // An import that has announced that many bytes, and sent the first of them.
  struct Importer {
    grpc::ClientContext context;
    v1::ImportModelResponse response;
    std::unique_ptr<grpc::ClientWriter<v1::ImportModelRequest>> stream;
  };
  std::unique_ptr<Importer> BeginToImport(std::int64_t bytes) {
    auto importer = std::make_unique<Importer>();
    importer->stream = models_->ImportModel(&importer->context, &importer->response);
    v1::ImportModelRequest first;
    first.set_bytes(bytes);
    first.set_chunk("x");
    importer->stream->Write(first);
    return importer;
  }
  // A reader that has read the first piece, if it got any.
  struct Reader {
    grpc::ClientContext context;
    std::unique_ptr<grpc::ClientReader<v1::GetModelResponse>> stream;
    bool open = false;
  };
  std::unique_ptr<Reader> BeginToRead(const std::string& id) {
    auto reader = std::make_unique<Reader>();
    v1::GetModelRequest request;
    request.set_id(id);
    reader->stream = jobs_->GetModel(&reader->context, request);
    v1::GetModelResponse piece;
    reader->open = reader->stream->Read(&piece);
    return reader;
  }
  absl::StatusOr<v1::EvaluateModelResponse> Evaluate(const std::string& id,
                                                     const std::string& rows) {
    grpc::ClientContext context;
    v1::EvaluateModelRequest request;
    request.set_id(id);
    request.set_content(rows);
    v1::EvaluateModelResponse response;
    const absl::Status status =
        rpc::FromGrpcStatus(jobs_->EvaluateModel(&context, request, &response));
    if (!status.ok()) return status;
    return response;
  }

 private:
  mlp::test::Scratch state_;
  std::unique_ptr<CoordinatorServer> server_;
  std::unique_ptr<v1::ModelService::Stub> models_;
  std::unique_ptr<v1::PredictService::Stub> predict_;
  std::unique_ptr<v1::JobService::Stub> jobs_;
};

model::SavedModel TameFruit() {
  model::SavedModel model = Fruit();
  model.parameters =
      Share(InitialParameters(model.spec, Precision::kFloat64, Initialization::kGlorotUniform, 5));
  return model;
}

v1::PredictRequest Numbers(const std::string& id, const std::vector<std::vector<double>>& rows) {
  v1::PredictRequest request;
  request.set_model_id(id);
  for (const auto& row : rows) {
    request.add_rows()->mutable_features()->Add(row.begin(), row.end());
  }
  return request;
}

v1::PredictRequest Cells(const std::string& id, const std::vector<std::vector<std::string>>& rows) {
  v1::PredictRequest request;
  request.set_model_id(id);
  for (const auto& row : rows) {
    v1::PredictRequest::Row& added = *request.add_rows();
    for (const std::string& cell : row) added.add_cells(cell);
  }
  return request;
}

std::string ErrorOf(const absl::Status& status) {
  return absl::StrCat(FieldOf(status).value_or(""), "|", status.message());
}

TEST_CASE("an imported model is there under its name or the next number, also after a restart") {
  Service service;
  const auto first = service.Import(TameFruit());
  REQUIRE(first.ok());
  CHECK(first->id() == "model-1");
  CHECK(first->imported());
  CHECK(first->model_digest() == model::DigestOf(TameFruit()));
  CHECK(first->job_id() == "job-7");
  REQUIRE(service.Import(Number(), "number").ok());
  service.Start();
  CHECK(service.List() == std::vector<std::string>{"number", "model-1"});
  CHECK(service.Get("model-1").value() == model::ToProto(TameFruit()).SerializeAsString());
  CHECK(service.Get("number").value() == model::ToProto(Number()).SerializeAsString());
  CHECK(service.Import(Number())->id() == "model-3");
}

TEST_CASE("a model that is removed is gone, and its name is free") {
  Service service;
  REQUIRE(service.Import(Number(), "a").ok());
  const absl::Status taken = service.Import(TameFruit(), "a").status();
  CHECK(absl::IsAlreadyExists(taken));
  CHECK_THAT(std::string(taken.message()), Contains("a model is called a already"));
  CHECK(service.Remove("a").ok());
  CHECK(absl::IsNotFound(service.Remove("a")));
  CHECK(absl::IsNotFound(service.Get("a").status()));
  CHECK(absl::IsNotFound(service.Predict(Numbers("a", {{1, 2}})).status()));
  CHECK(service.Import(TameFruit(), "a").ok());
  // The one that was called so before may have been kept in memory.
  CHECK(service.Predict(Numbers("a", {{1, 2, 3, 4, 5}}))->labels_size() == 1);
  service.Start();
  CHECK(service.List() == std::vector<std::string>{"a"});
}

TEST_CASE("what is no model, or not all of it, is not imported") {
  Service service;
  const std::string bytes = model::ToProto(TameFruit()).SerializeAsString();
  const auto refused = [&](std::vector<v1::ImportModelRequest> pieces) {
    const absl::Status status = service.Import(std::move(pieces)).status();
    CHECK(absl::IsInvalidArgument(status));
    return ErrorOf(status);
  };
  const auto good = Service::Pieces(bytes, "a");
  auto pieces = good;
  pieces.pop_back();
  CHECK_THAT(refused(pieces), Contains("bytes|") && Contains("send it again"));
  pieces = good;
  pieces.push_back(good.back());
  CHECK_THAT(refused(pieces), Contains("chunk|") && Contains("that were to come"));
  pieces = good;
  pieces[1].clear_chunk();
  CHECK_THAT(refused(pieces), Contains("chunk|") && Contains("must be 1 to"));
  pieces = good;
  pieces[0].set_bytes(std::int64_t{1} << 40);
  CHECK_THAT(refused(pieces), Contains("bytes|") && Contains("must be 1 to 816777216"));
  CHECK_THAT(refused({}), Contains("no piece came"));
  CHECK_THAT(refused(Service::Pieces("garbage", "a")), Contains("no mlp.v1.Model"));
  v1::Model damaged = model::ToProto(TameFruit());
  damaged.mutable_parameters()->mutable_data()->back() ^= 1;
  CHECK_THAT(refused(Service::Pieces(damaged.SerializeAsString(), "a")),
             Contains("parameters.sha256|"));
  for (const char* name : {"job-7", "model-3", "job-", "../a", "a b", "-a"}) {
    CAPTURE(name);
    CHECK_THAT(refused(Service::Pieces(bytes, name)), Contains("name|"));
  }
  CHECK(service.List().empty());
  CHECK(service.Import(good).ok());
}

TEST_CASE("rows are predicted by features or cells, to the bits that libmlp says") {
  Service service;
  const model::SavedModel fruit = TameFruit();
  REQUIRE(service.Import(fruit, "fruit").ok());
  const Matrix<double> features{{(2 - 3) / 0.7, 0, 1, 0, 7}, {(2.5 - 3) / 0.7, 1, 0, 0, -1}};
  const Matrix<double> expected = Probabilities(fruit.spec, *fruit.parameters, features);
  const auto check = [&](const v1::PredictRequest& request) {
    const auto response = service.Predict(request);
    INFO(response.status());
    REQUIRE(response.ok());
    REQUIRE(response->probabilities_size() == 4);
    for (int i = 0; i < 4; ++i) CHECK(response->probabilities(i) == expected(i / 2, i % 2));
    REQUIRE(response->labels_size() == 2);
    CHECK(response->labels(0) == (expected(0, 0) >= expected(0, 1) ? "apple" : "pear"));
    CHECK(response->classes(1) == "pear");
    CHECK(response->model_digest() == model::DigestOf(fruit));
  };
  for (int time = 0; time < 2; ++time) {  // the second time from memory
    check(Numbers("fruit", {{(2 - 3) / 0.7, 0, 1, 0, 7}, {(2.5 - 3) / 0.7, 1, 0, 0, -1}}));
    check(Cells("fruit", {{"2", "grün", "7"}, {"", "?", "-1"}}));
  }
  v1::PredictRequest named = Cells("fruit", {{"7", "x", "2", "grün"}, {"-1", "y", "NA", "red"}});
  for (const char* column : {"age", "other", "weight", "colour"}) named.add_columns(column);
  check(named);
}

TEST_CASE("a model of numbers predicts numbers") {
  Service service;
  REQUIRE(service.Import(Number(), "n").ok());
  const auto response = service.Predict(Numbers("n", {{1, 2}, {3, 4}}));
  REQUIRE(response.ok());
  const Matrix<double> expected =
      Probabilities(Number().spec, *Number().parameters, Matrix<double>{{1, 2}, {3, 4}});
  REQUIRE(response->predictions_size() == 2);
  CHECK(response->predictions(1) == expected(1, 0));
  CHECK(response->labels_size() == 0);
  CHECK(response->classes_size() == 0);
}

TEST_CASE("rows that cannot be predicted are refused with their place") {
  Service service;
  REQUIRE(service.Import(TameFruit(), "fruit").ok());
  REQUIRE(service.Import(Number(), "n").ok());
  const auto refused = [&](const v1::PredictRequest& request) {
    const absl::Status status = service.Predict(request).status();
    CHECK(absl::IsInvalidArgument(status));
    return ErrorOf(status);
  };
  CHECK_THAT(refused(Numbers("n", {})), Contains("rows|") && Contains("must be 1 to 10000"));
  CHECK_THAT(refused(Numbers("n", std::vector<std::vector<double>>(10'001, {1, 2}))),
             Contains("are 10001"));
  CHECK_THAT(refused(Cells("fruit", {{std::string(5 << 20, 'x')}})),
             Contains("at most 4194304 are possible"));
  CHECK_THAT(refused(Numbers("n", {{1, 2}, {1}})),
             Contains("rows[1].features|") && Contains("has 1 numbers, the model takes 2"));
  CHECK_THAT(refused(Numbers("n", {{1, NAN}})), Contains("rows[0].features|"));
  CHECK_THAT(refused(Cells("n", {{"1", "2"}})),
             Contains("rows[0].cells|") && Contains("no schema"));
  CHECK_THAT(refused(Cells("fruit", {{"1", "red", "2"}, {"x", "red", "2"}})),
             Contains("rows[1].cells|") && Contains("rows:2:1: column 'weight': 'x'"));
  CHECK_THAT(refused(Cells("fruit", {{"1", "red", "2"}, {"1", "red"}})),
             Contains("rows[1].cells|") && Contains("has 2 cells, not 3"));
  CHECK_THAT(refused(Cells("fruit", {{"1", "blue", "2"}})), Contains("column 'colour'"));
  v1::PredictRequest mixed = Cells("fruit", {{"1", "red", "2"}, {}});
  mixed.mutable_rows(1)->add_features(1);
  CHECK_THAT(refused(mixed), Contains("rows[1].features|"));
  mixed = Numbers("n", {{1, 2}, {}});
  mixed.mutable_rows(1)->add_cells("1");
  CHECK_THAT(refused(mixed), Contains("rows[1].cells|"));
  v1::PredictRequest unknown = Cells("fruit", {{"1", "red"}});
  unknown.add_columns("weight");
  unknown.add_columns("colour");
  CHECK_THAT(refused(unknown), Contains("columns|") && Contains("age"));
  CHECK(absl::IsNotFound(service.Predict(Numbers("job-1", {{1}})).status()));
}

TEST_CASE("a prediction that would not fit into a response is refused") {
  Model wide;
  wide.spec = {{1, 65'536}};
  v1::PredictRequest request =
      Numbers("w", std::vector<std::vector<double>>(kMaxPredictValues / 65'536 + 1, {1}));
  const absl::Status status = PredictRows(wide, request).status();
  CHECK_THAT(ErrorOf(status), Contains("rows|") && Contains("send fewer at a time"));
}

TEST_CASE("an imported model is measured with its classes by name and a matrix") {
  Service service;
  REQUIRE(service.Import(TameFruit(), "fruit").ok());
  REQUIRE(service.Import(Number(), "n").ok());
  const auto fruit = service.Evaluate("fruit", "0,1,0,0,1,0\n1,0,1,0,2,1\n1,0,0,1,5,1\n");
  REQUIRE(fruit.ok());
  REQUIRE(fruit->confusion_size() == 4);
  CHECK(fruit->confusion(0) + fruit->confusion(1) == 1);
  CHECK(fruit->confusion(2) + fruit->confusion(3) == 2);
  CHECK(fruit->classes(1).name() == "pear");
  CHECK(fruit->classes(1).rows() == 2);
  CHECK(fruit->evaluation().rows() == 3);
  CHECK_FALSE(fruit->has_root_mean_square_error());
  const auto number = service.Evaluate("n", "1,2,0.5\n3,4,-1.5\n");
  REQUIRE(number.ok());
  CHECK(number->has_r_squared());
  CHECK(number->has_root_mean_square_error());
  CHECK(number->classes_size() == 0);
  CHECK(absl::IsNotFound(service.Evaluate("none", "1,2,0\n").status()));
}

TEST_CASE("imports that announce much and send little keep no other out") {
  Service service;
  std::vector<std::unique_ptr<Service::Importer>> slow;
  for (int i = 0; i < 3; ++i) slow.push_back(service.BeginToImport(816'777'216));
  CHECK(service.Import(TameFruit(), "fruit").ok());
  for (const auto& importer : slow) {  // none was refused because of what the others announced
    importer->stream->WritesDone();
    CHECK(importer->stream->Finish().error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  }
}

TEST_CASE("readers of models are bounded, and one that ends makes room") {
  Service service;
  model::SavedModel large;  // more than the system and gRPC hold for a reader
  large.spec = {{1000, 1000, 1000, 2}, Activation::kRelu};
  large.parameters =
      Share(InitialParameters(large.spec, Precision::kFloat64, Initialization::kGlorotUniform, 5));
  const std::string bytes = model::ToProto(large).SerializeAsString();
  REQUIRE(service.Import(Service::Pieces(bytes, "large", std::size_t{1} << 20)).ok());
  std::vector<std::unique_ptr<Service::Reader>> readers;
  for (int i = 0; i < 32; ++i) {
    readers.push_back(service.BeginToRead("large"));
    REQUIRE(readers.back()->open);
  }
  const absl::Status refused = service.Get("large").status();
  CHECK(refused.code() == absl::StatusCode::kResourceExhausted);
  CHECK_THAT(std::string(refused.message()), Contains("streams of models are open"));
  CHECK(RetryAfterOf(refused).has_value());
  for (const auto& reader : readers) reader->context.TryCancel();
  for (const auto& reader : readers) reader->stream->Finish();
  absl::StatusOr<std::string> got = service.Get("large");
  while (absl::IsResourceExhausted(got.status())) got = service.Get("large");
  CHECK(got.value() == bytes);
}

}  // namespace
}  // namespace mlp::coordinator
