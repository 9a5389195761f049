package shop.stock;

import java.util.List;

/** A box. */
@Deprecated
public class Sample<T> extends Base implements Sized {
  static final int LIMIT = 10;
  private List<T> items;

  public Sample() { this(3); }

  @Override
  public int size() { return items.size(); }

  static <U> U first(List<U> list) throws Exception { return list.get(0); }

  enum Color { RED, GREEN; Color next() { return RED; } }

  interface Visitor { void visit(Sample<?> box); }

  static class Inner { int depth; }

  record Point(int x, int y) { int sum() { return x + y; } }
}

@interface Marker { String value() default ""; }
