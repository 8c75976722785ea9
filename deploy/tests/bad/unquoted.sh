#!/bin/bash
# This must be refused: a name with a blank in it is two.
rm -rf $1/current
