#include "serving/request.h"

namespace perigee::serving {

void Batch::Renew(TimePoint now) {
  requests.clear();
  rows = 0;
  started = now;
  hold = Hold::kInstance;
  runs = 0;
  gather = compute = scatter = unanswered = Duration::zero();
  if (stopping) stop = std::stop_source();
  stopping = late = hung = replaced = false;
}

}  // namespace perigee::serving
