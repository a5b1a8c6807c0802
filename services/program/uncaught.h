// The words of a program that ends because it lacks what the system has bounds for.
#pragma once

namespace mlp::program {

// Makes a thread that cannot be started end the program with exit code 1 and a line on standard
// error that says which limit to raise, whichever thread that happens on, also inside a library;
// it would abort without a word. Other exceptions that nobody catches abort as before. Call it
// first in main; `program`, which begins the line, must outlive the process.
void ExplainUncaught(const char* program);

}  // namespace mlp::program
