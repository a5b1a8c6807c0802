// A sorted set that also finds its k-th element, all in O(log n): libstdc++'s order-statistics
// tree.
#pragma once

#include <ext/pb_ds/assoc_container.hpp>
#include <ext/pb_ds/tree_policy.hpp>
#include <functional>

namespace mlp::coordinator {

// find_by_order(k) returns an iterator to the k-th; order_of_key(x) counts those less than x.
template <class T>
using RankedSet = __gnu_pbds::tree<T, __gnu_pbds::null_type, std::less<T>, __gnu_pbds::rb_tree_tag,
                                   __gnu_pbds::tree_order_statistics_node_update>;

}  // namespace mlp::coordinator
