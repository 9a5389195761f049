import Foundation

let limit = 10
typealias Names = [String]

/// A box.
@objc
public final class Box<T>: Base, Sized {
    static let max = 3
    var items: [T] = []

    init(items: [T]) { self.items = items }
    deinit {}

    func size() -> Int { return items.count }
    static func build() -> Box<Int> { return Box<Int>(items: []) }
    subscript(i: Int) -> T { return items[i] }
}

struct Point { var x: Int; func sum() -> Int { return x } }
enum Color { case red, green; func next() -> Color { return .red } }
protocol Sized { func size() -> Int }

extension Box {
    func first() -> T { return items[0] }
}

func helper(_ x: Int) -> Int {
    return x
}
