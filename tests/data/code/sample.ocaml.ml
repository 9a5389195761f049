open List

let limit = 10

type color = Red | Green
type 'a box = { items : 'a list }

exception Empty of string

(** Counts. *)
let size box = length box.items

let rec fib n = if n < 2 then n else fib (n - 1)
and other n = fib n

module Lid = struct
  type t = int
  let make () = 0
end

module type SIZED = sig
  val size : 'a -> int
end

class counter = object
  val mutable n = 0
  method next = n
end

external now : unit -> float = "unix_now"
