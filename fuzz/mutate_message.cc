#include "fuzz/mutate_message.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

// The mutation of bytes by libFuzzer itself.
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace mlp::fuzz {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr std::size_t kMaxTextGrowth = 64;

class Mutator {
 public:
  explicit Mutator(unsigned seed) : random_(seed) {}

  bool OneIn(unsigned n) { return Below(n) == 0; }

  // Changes one field of the message or of a message within it.
  void Mutate(Message& root) {
    std::vector<Message*> messages;
    Collect(root, messages);
    Message& message = *messages[Below(messages.size())];
    const int fields = message.GetDescriptor()->field_count();
    if (fields == 0) return;
    const FieldDescriptor* field = message.GetDescriptor()->field(static_cast<int>(Below(fields)));
    if (field->is_repeated()) {
      MutateList(message, field);
    } else if (OneIn(8)) {
      message.GetReflection()->ClearField(&message, field);
    } else {
      Set(message, field);
    }
  }

 private:
  std::size_t Below(std::size_t n) { return n == 0 ? 0 : random_() % n; }

  static void Collect(Message& message, std::vector<Message*>& messages) {
    messages.push_back(&message);
    const Reflection& reflection = *message.GetReflection();
    std::vector<const FieldDescriptor*> fields;
    reflection.ListFields(message, &fields);
    for (const FieldDescriptor* field : fields) {
      if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
      if (!field->is_repeated()) {
        Collect(*reflection.MutableMessage(&message, field), messages);
        continue;
      }
      for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
        Collect(*reflection.MutableRepeatedMessage(&message, field, i), messages);
      }
    }
  }

  // Removes, adds, repeats or moves an element.
  void MutateList(Message& message, const FieldDescriptor* field) {
    const Reflection& reflection = *message.GetReflection();
    const int size = reflection.FieldSize(message, field);
    if (size == 0) return AddElement(message, field);
    const int one = static_cast<int>(Below(size)), other = static_cast<int>(Below(size));
    switch (Below(4)) {
      case 0:
        reflection.SwapElements(&message, field, one, size - 1);
        return reflection.RemoveLast(&message, field);
      case 1:
        return reflection.SwapElements(&message, field, one, other);
      case 2:
        if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
          const Message& copied = reflection.GetRepeatedMessage(message, field, one);
          Message* copy = copied.New();
          copy->CopyFrom(copied);
          return reflection.AddAllocatedMessage(&message, field, copy);
        }
        return AddElement(message, field);
      default:
        return AddElement(message, field);
    }
  }

  void AddElement(Message& message, const FieldDescriptor* field) {
    const Reflection& reflection = *message.GetReflection();
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE:
        reflection.AddMessage(&message, field);
        return;
      case FieldDescriptor::CPPTYPE_INT32:
        return reflection.AddInt32(&message, field, Whole<std::int32_t>(1));
      case FieldDescriptor::CPPTYPE_STRING:
        return reflection.AddString(&message, field, Text(field, ""));
      default:
        return;  // the protocol has no other lists
    }
  }

  void Set(Message& message, const FieldDescriptor* field) {
    const Reflection& reflection = *message.GetReflection();
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE:
        reflection.MutableMessage(&message, field);
        return;
      case FieldDescriptor::CPPTYPE_INT32:
        return reflection.SetInt32(&message, field, Whole(reflection.GetInt32(message, field)));
      case FieldDescriptor::CPPTYPE_INT64:
        return reflection.SetInt64(&message, field, Whole(reflection.GetInt64(message, field)));
      case FieldDescriptor::CPPTYPE_UINT32:
        return reflection.SetUInt32(&message, field, Whole(reflection.GetUInt32(message, field)));
      case FieldDescriptor::CPPTYPE_UINT64:
        return reflection.SetUInt64(&message, field, Whole(reflection.GetUInt64(message, field)));
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return reflection.SetDouble(&message, field, Number(reflection.GetDouble(message, field)));
      case FieldDescriptor::CPPTYPE_FLOAT:
        return reflection.SetFloat(&message, field,
                                   static_cast<float>(Number(reflection.GetFloat(message, field))));
      case FieldDescriptor::CPPTYPE_BOOL:
        return reflection.SetBool(&message, field, !reflection.GetBool(message, field));
      case FieldDescriptor::CPPTYPE_ENUM:
        // The range has one more than there are: a value that this version does not know.
        return reflection.SetEnumValue(
            &message, field, static_cast<int>(Below(field->enum_type()->value_count() + 1)));
      case FieldDescriptor::CPPTYPE_STRING:
        return reflection.SetString(&message, field,
                                    Text(field, reflection.GetString(message, field)));
    }
  }

  template <class T>
  T Whole(T old) {
    using U = std::make_unsigned_t<T>;
    const U bits = static_cast<U>(old);
    switch (Below(6)) {
      case 0:
        return static_cast<T>(bits + U{1});
      case 1:
        return static_cast<T>(bits - U{1});
      case 2:
        return static_cast<T>(bits ^ (U{1} << Below(std::numeric_limits<U>::digits)));
      case 3:
        return OneIn(2) ? std::numeric_limits<T>::max() : std::numeric_limits<T>::min();
      case 4:  // limits are powers of ten
        return static_cast<T>(std::pow(10.0, static_cast<double>(Below(9))));
      default:
        return static_cast<T>(Below(16));
    }
  }

  double Number(double old) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    const double odd[] = {0.0,     -0.0,       1.0,       -1.0,       0.5,
                          5e-324,  1e308,      -1e308,    old,        -old,
                          old / 2, old * 1024, kInfinity, -kInfinity, std::nan("")};
    return odd[Below(std::size(odd))];
  }

  std::string Text(const FieldDescriptor* field, std::string text) {
    const std::size_t size = text.size();
    text.resize(size + kMaxTextGrowth);
    text.resize(LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(text.data()), size, text.size()));
    // Keeps the text UTF-8: parsing refuses any other, and mutations of bytes try that often
    // enough.
    if (field->type() == FieldDescriptor::TYPE_STRING) {
      for (char& c : text) c = static_cast<char>(c & 0x7f);
    }
    return text;
  }

  std::minstd_rand random_;
};

}  // namespace

std::size_t MutateMessage(Message& message, std::uint8_t* data, std::size_t size,
                          std::size_t max_size, unsigned seed) {
  [[maybe_unused]] static const auto said_by_default = google::protobuf::SetLogHandler(nullptr);
  Mutator mutator(seed);
  const bool is_message = message.ParsePartialFromArray(data, static_cast<int>(size));
  if (!is_message || mutator.OneIn(16)) return LLVMFuzzerMutate(data, size, max_size);
  do {
    mutator.Mutate(message);
  } while (!mutator.OneIn(2));
  const std::string bytes = message.SerializePartialAsString();
  if (bytes.size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
  std::copy(bytes.begin(), bytes.end(), data);
  return bytes.size();
}

}  // namespace mlp::fuzz
