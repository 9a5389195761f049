module example.com/shop

go 1.20

require (
	example.com/one v1.2.3
	example.com/two v0.1.0 // indirect
)

replace example.com/one => ../one
