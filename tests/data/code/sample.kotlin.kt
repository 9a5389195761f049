package shop.stock

import java.io.File

const val LIMIT = 10
typealias Names = List<String>

/** A box. */
@Serializable
data class Box<T>(val items: List<T>) : Base(), Sized {
    override val size: Int get() = items.size

    constructor() : this(emptyList())

    fun first(): T = items[0]

    companion object {
        fun empty() = Box<Int>()
    }

    inner class Lid { fun open() {} }
}

interface Sized { val size: Int; fun grow(by: Int) }

enum class Color { RED, GREEN; fun next() = RED }

object Registry {
    fun add(box: Box<*>) {}
}

suspend fun String.shout(): String = uppercase()

fun helper(x: Int): Int {
    return x
}
