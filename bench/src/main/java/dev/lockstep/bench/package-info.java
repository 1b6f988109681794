/// Micro-benchmarks of the loops through which every document goes. They say what one step costs
/// and allocates; what a whole synchronization takes is measured by `lockstep bench`
/// (docs/benchmarks.md).
package dev.lockstep.bench;
