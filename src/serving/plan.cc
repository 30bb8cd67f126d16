#include "serving/plan.h"

#include <algorithm>

namespace perigee::serving {
namespace {

constexpr double kGainMin = 1.05;

double RowsPerSecond(const ProfilePoint& point) {
  return static_cast<double>(point.rows) / std::max(ToSeconds(point.median), 1e-9);
}

}  // namespace

int GatherThatPays(const std::vector<ProfilePoint>& points, int batch_max) {
  const auto one = std::ranges::find(points, 1, &ProfilePoint::rows);
  if (one == points.end() || one->median <= Duration::zero()) return 1;
  double best = kGainMin * RowsPerSecond(*one);
  int rows = 1;
  for (const ProfilePoint& point : points) {
    if (point.rows > batch_max || RowsPerSecond(point) < best) continue;
    best = RowsPerSecond(point);
    rows = point.rows;
  }
  return rows;
}

model::Plan ChoosePlan(const PlanInput& input) {
  return {.instances = std::max(1, input.cores),
          .threads = 1,
          .gather_max = GatherThatPays(input.points, input.batch_max)};
}

std::vector<ProfilePoint> EstimatedPoints(Duration estimate, int rows_max) {
  std::vector<ProfilePoint> points = {{1, estimate, estimate}};
  if (rows_max > 1) points.push_back({rows_max, estimate * rows_max, estimate * rows_max});
  return points;
}

}  // namespace perigee::serving
