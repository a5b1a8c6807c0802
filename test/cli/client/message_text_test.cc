#include "cli/client/message_text.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/dynamic_message.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "cli/client/output.h"
#include "cli/job/jobs.h"
#include "cli/node/nodes.h"
#include "cli/show/dataset_text.h"
#include "cli/show/measurement_text.h"
#include "cli/show/progress.h"
#include "cli/show/summary.h"
#include "cli/timeline/chrome_trace.h"
#include "cli/timeline/model.h"
#include "cli/timeline/page/html.h"
#include "cli/timeline/records.h"
#include "cli/timeline/table.h"
#include "mlp/v1/cluster.pb.h"
#include "mlp/v1/dataset.pb.h"
#include "mlp/v1/job.pb.h"
#include "services/base/field_error.h"
#include "services/base/printable.h"

namespace mlp::cli {
namespace {

using Catch::Contains;
using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::Message;
using google::protobuf::MessageFactory;

const std::string kHostile = "a\x1b[2J\nFORGED<script>\u202e\u009b31m";
constexpr int kMostAlternatives = 24;  // of a oneof

bool Chosen(const FieldDescriptor& field, int alternative) {
  const auto* const oneof = field.real_containing_oneof();
  return oneof == nullptr || field.index_in_oneof() == alternative % oneof->field_count();
}

// Sets every text of `message` and of the messages in it, of a oneof that number of its fields.
void Fill(Message& message, int alternative) {
  const auto& reflection = *message.GetReflection();
  const Descriptor& type = *message.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (!Chosen(field, alternative)) continue;
    if (field.type() == FieldDescriptor::TYPE_STRING) {
      if (field.is_repeated()) {
        reflection.AddString(&message, &field, kHostile);
      } else {
        reflection.SetString(&message, &field, kHostile);
      }
    } else if (field.type() == FieldDescriptor::TYPE_MESSAGE) {
      Fill(field.is_repeated() ? *reflection.AddMessage(&message, &field)
                               : *reflection.MutableMessage(&message, &field),
           alternative);
    }
  }
}

template <class Filled>
Filled FilledWith(int alternative = 0) {
  Filled message;
  Fill(message, alternative);
  return message;
}

// As it arrives at the client.
template <class Arrived>
Arrived ArrivedWith(int alternative = 0) {
  auto message = FilledWith<Arrived>(alternative);
  MakePrintable(message);
  return message;
}

std::vector<std::string> TextsOf(const Message& message) {
  std::vector<std::string> texts;
  const auto& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    const int count = field->is_repeated() ? reflection.FieldSize(message, field) : 1;
    for (int i = 0; i < count; ++i) {
      if (field->type() == FieldDescriptor::TYPE_STRING) {
        texts.push_back(field->is_repeated() ? reflection.GetRepeatedString(message, field, i)
                                             : reflection.GetString(message, field));
      } else if (field->type() == FieldDescriptor::TYPE_MESSAGE) {
        const Message& in = field->is_repeated() ? reflection.GetRepeatedMessage(message, field, i)
                                                 : reflection.GetMessage(message, field);
        for (const std::string& text : TextsOf(in)) texts.push_back(text);
      }
    }
  }
  return texts;
}

void AddWithNested(const Descriptor& type, std::vector<const Descriptor*>& to) {
  to.push_back(&type);
  for (int i = 0; i < type.nested_type_count(); ++i) AddWithNested(*type.nested_type(i), to);
}

// The messages of all files of the protocol.
std::vector<const Descriptor*> AllMessages() {
  std::vector<const Descriptor*> types;
  for (const auto& entry : std::filesystem::directory_iterator(MLP_SOURCE_DIR "/proto/mlp/v1")) {
    const std::string name = "mlp/v1/" + entry.path().filename().string();
    const FileDescriptor* file = DescriptorPool::generated_pool()->FindFileByName(name);
    INFO(name);
    REQUIRE(file != nullptr);
    for (int i = 0; i < file->message_type_count(); ++i) {
      AddWithNested(*file->message_type(i), types);
    }
  }
  return types;
}

bool IsRaw(const std::string& text) {
  for (const char* raw : {"\x1b", "\nFORGED", "\u202e", "\u009b"}) {
    if (text.find(raw) != std::string::npos) return true;
  }
  return false;
}

// What `print` prints to a terminal without colours.
template <class Print>
std::string Printed(const Print& print) {
  std::ostringstream out, err;
  print(Terminal{out, err});
  return out.str() + err.str();
}

TEST_CASE("every text of every message of the protocol is printable when it has arrived") {
  std::size_t texts = 0;
  for (const Descriptor* type : AllMessages()) {
    INFO(type->full_name());
    for (int alternative = 0; alternative < kMostAlternatives; ++alternative) {
      const std::unique_ptr<Message> message(
          MessageFactory::generated_factory()->GetPrototype(type)->New());
      Fill(*message, alternative);
      CHECK_FALSE(IsRaw(Json(*message)));
      MakePrintable(*message);
      for (const std::string& text : TextsOf(*message)) {
        CHECK(text == Printable(kHostile));
        ++texts;
      }
    }
  }
  CHECK(texts > 1000);
}

TEST_CASE("nothing that a node, a client or a file says is raw in what the client prints of jobs") {
  const auto job = ArrivedWith<v1::Job>();
  CHECK_FALSE(IsRaw(Description(job)));
  CHECK_FALSE(IsRaw(ExplanationText(ArrivedWith<v1::ExplainJobResponse>())));
  std::vector<v1::JobEvent> events;
  for (int alternative = 0; alternative < kMostAlternatives; ++alternative) {
    events.push_back(ArrivedWith<v1::JobEvent>(alternative));
    for (const bool live : {false, true}) {
      Progress progress(job, live);
      CHECK_FALSE(IsRaw(progress.Apply(events.back()).value_or("")));
      CHECK_FALSE(IsRaw(progress.Status()));
    }
  }
  const timeline::Timeline timeline = timeline::BuildTimeline(events);
  CHECK_FALSE(IsRaw(timeline::Csv(timeline)));
  CHECK_FALSE(IsRaw(timeline::JsonLines(timeline)));
  CHECK_FALSE(IsRaw(timeline::ChromeTrace(timeline)));
  const std::string page = timeline::Html(timeline);
  CHECK_FALSE(IsRaw(page));
  CHECK_THAT(page, !Contains("FORGED<script>"));
  CHECK_FALSE(IsRaw(Printed([&](const Terminal& terminal) { PrintTable(terminal, timeline); })));
}

TEST_CASE("nothing that a node or a client says is raw in what the client prints of other things") {
  CHECK_FALSE(IsRaw(Printed([](const Terminal& terminal) {
    PrintNodes(terminal, ArrivedWith<v1::ListNodesResponse>());
  })));
  CHECK_FALSE(IsRaw(Printed([](const Terminal& terminal) {
    PrintMeasurement(ArrivedWith<v1::EvaluateModelResponse>(), terminal);
  })));
  CHECK_FALSE(IsRaw(DescriptionOf(ArrivedWith<v1::Dataset>())));
}

TEST_CASE("a table's cells are printable, wherever their text comes from") {
  CHECK_FALSE(IsRaw(Printed([](const Terminal& terminal) {
    AlignedTable table({kHostile, "X"});
    table.Add({kHostile, "x"});
    table.Print(terminal);
  })));
}

TEST_CASE("a text that is not UTF-8 is refused before it is sent, with its field") {
  v1::CreateJobRequest request;
  CHECK(CheckUtf8(request).ok());
  request.set_request_id("é");
  request.mutable_spec()->set_dataset("d\xe9");
  const absl::Status status = CheckUtf8(request);
  CHECK(status.message() == "spec.dataset: 'd\\xe9' is not text in UTF-8");
  CHECK(FieldOf(status) == "spec.dataset");
  v1::PlanDatasetRequest plan;
  plan.add_files()->set_name("train_1.txt");
  plan.add_files()->set_name("train_\xff.txt");
  CHECK(FieldOf(CheckUtf8(plan)) == "files[1].name");
}

}  // namespace
}  // namespace mlp::cli
