-- Help for irq.
return {
  about = "Interrupt sources.",
  {name = "irq.list", args = "()", returns = "{{irq=, name=, count=}…}", text = "The sources that a driver serves, and how often each came.", example = "print(irq.list())"},
}
