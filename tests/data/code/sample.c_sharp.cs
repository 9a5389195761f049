using System;

namespace Shop.Stock
{
    /// <summary>A box.</summary>
    [Serializable]
    public class Box<T> : Base, ISized
    {
        public const int Limit = 10;
        private readonly List<T> _items;
        public event EventHandler Changed;

        public Box(int size) { }
        ~Box() { }

        public int Size { get; set; }
        public T this[int i] => _items[i];
        public static Box<T> operator +(Box<T> a, Box<T> b) => a;

        public override string ToString() => "box";
        public async Task<int> SaveAsync(string path)
        {
            int Local(int x) => x;
            return Local(1);
        }
    }

    public interface ISized { int Size { get; } void Grow(int by); }
    public struct Point { public int X, Y; }
    public enum Color { Red, Green }
    public record Person(string Name);
    public delegate void Visit(int x);
}
