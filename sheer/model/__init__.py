"""How long work takes on a described chip and how much power it draws: pure functions of shapes and chips.

    operator --(gemm, rowwise, pointwise: the kernel a library would launch)--> Work --price(Silicon)--> Prediction
    Counters of a launch --(occupancy, caches, kernel)--> Work --price--> Prediction --(timeline, program)--> Program

`Work` is what a kernel asks of each unit; where it comes from does not matter to the pricing. docs/model.md tells
every assumption.
"""
