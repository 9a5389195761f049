module Stock exposing (size)

import List

type alias Names =
    List String

type Color
    = Red
    | Green

{-| Counts. -}
size : List a -> Int
size items =
    List.length items

limit =
    10

port save : String -> Cmd msg
