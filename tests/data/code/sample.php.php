<?php
namespace Shop\Stock;

use Shop\Base;

const LIMIT = 10;

/**
 * A box.
 */
#[Entity]
final class Box extends Base implements Sized
{
    use Logs;
    public const MAX = 3;
    private array $items = [];

    public function __construct(private int $size) {}

    public static function build(int ...$args): static
    {
        return new static(...$args);
    }
}

interface Sized { public function size(): int; }
trait Logs { protected function log(string $text): void {} }
enum Color: string { case Red = 'r'; public function label(): string { return 'x'; } }

function helper($x) { return $x; }
$twice = function ($x) { return 2 * $x; };
$thrice = fn ($x) => 3 * $x;
