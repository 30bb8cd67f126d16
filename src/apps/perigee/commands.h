// The sub-commands: each adds itself to the program, and sets `exit_code` when it ran.
#pragma once

namespace CLI {
class App;
}

namespace perigee::app {

void AddServe(CLI::App& program, int& exit_code);
void AddRun(CLI::App& program, int& exit_code);
void AddEvaluate(CLI::App& program, int& exit_code);
void AddBench(CLI::App& program, int& exit_code);
void AddReplay(CLI::App& program, int& exit_code);
void AddStream(CLI::App& program, int& exit_code);
void AddModels(CLI::App& program, int& exit_code);
void AddConfiguration(CLI::App& program, int& exit_code);

}  // namespace perigee::app
