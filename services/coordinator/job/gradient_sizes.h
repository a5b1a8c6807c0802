// Which node sent the largest number in a round's gradients, so that a job whose parameters become
// non-finite says whether they grew everywhere or came from one node. Pure.
//
// Numbers are compared within a round, which all nodes begin with the same parameters. It remembers
// the last two rounds: what one of them brings may become non-finite in the next.
#pragma once

#include <map>
#include <string>

namespace mlp::coordinator {

class GradientSizes {
 public:
  // Takes a gradient whose numbers are at most `largest`, whatever their signs.
  void Add(const std::string& node, int round, int shard, double largest);

  // What to say of parameters that became non-finite: the node with the largest number, which may
  // compute wrong if its numbers are out of all proportion to those of others, and that a smaller
  // learning rate may help.
  std::string Advice() const;

 private:
  struct Gradient {
    std::string node;  // empty: none has come
    int shard = 0;
    double largest = 0;
  };
  struct Round {
    Gradient largest;
    Gradient of_others;  // the largest one of another node than that
    bool OutOfProportion() const;
  };

  std::map<int, Round> rounds_;  // by number; two at most
};

}  // namespace mlp::coordinator
