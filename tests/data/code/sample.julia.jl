module Stock

using LinearAlgebra

const LIMIT = 10

abstract type Sized end

"A box."
struct Box{T} <: Sized
    items::Vector{T}
end

mutable struct Lid
    open::Bool
end

function size(box::Box)
    length(box.items)
end

twice(x) = 2x

macro say(x)
    :(println($x))
end

function Base.show(io::IO, box::Box)
    print(io, "box")
end

end
