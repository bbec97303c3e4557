"""Everything that experts, simulators and models said: kept, undone, combined, exported."""
