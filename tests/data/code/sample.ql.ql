import python

/** A box. */
class Box extends Item {
  Box() { this.isOpen() }

  int size() { result = 1 }

  predicate isOpen() { any() }
}

predicate isSmall(Box b) { b.size() < 3 }

int twice(int x) { result = 2 * x }

module Lids {
  class Lid = Box;
}

from Box b
where isSmall(b)
select b, "small"
