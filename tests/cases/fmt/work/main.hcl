locals {
a=1 # one
longer=[ 1,2 ] # two
}
