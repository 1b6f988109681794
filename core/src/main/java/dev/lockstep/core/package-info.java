/// What every layer shares: numbered errors. Everything else of `core` lives in the packages below.
package dev.lockstep.core;
