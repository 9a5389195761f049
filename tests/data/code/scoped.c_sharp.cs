using System;

namespace Shop.Stock;

/// <summary>A box.</summary>
public record Box(int Size);

public static class Boxes
{
    public static readonly int Limit = 10;
    public static Box Grow(this Box box, int by) => new(box.Size + by);
}
