namespace Shop;

const int LIMIT = 10;

<<__EntryPoint>>
function main(): void {
  echo 1;
}

/** A box. */
final class Box extends Base implements Sized {
  const int MAX = 3;
  public function __construct(private int $size) {}
  public static function build(): this { return new self(1); }
}

interface Sized { public function size(): int; }
trait Logs { public function log(): void {} }
enum Color: int { RED = 1; }
type Names = vec<string>;
