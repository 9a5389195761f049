package shop.stock

import scala.util.Try

/** A box. */
case class Box[T](items: List[T]) extends Base with Sized {
  val limit = 10
  override def size: Int = items.size
  def first(): T = items.head
}

object Box {
  def empty: Box[Int] = Box(Nil)
  private val Max = 3
}

trait Sized {
  def size: Int
  type Item
}

sealed abstract class Color
case object Red extends Color

object Main extends App {
  def helper[T](x: T): T = {
    def inner(y: T) = y
    inner(x)
  }
}
