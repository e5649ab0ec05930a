package Bench::Workloads;

# What is measured, in this order. Each function is given the run (see t/bench/run) and returns rows
# as those of Bench::Row.

use strict;
use warnings;

use Bench::Access;
use Bench::Driver;
use Bench::Growth;
use Bench::Memory;
use Bench::Reads;
use Bench::Writes;

our @all = (
    { name => 'reads',           rows => \&Bench::Reads::reads },
    { name => 'pages',           rows => \&Bench::Reads::pages },
    { name => 'groups',          rows => \&Bench::Reads::groups },
    { name => 'searches',        rows => \&Bench::Reads::searches },
    { name => 'writes',          rows => \&Bench::Writes::writes },
    { name => 'beside',          rows => \&Bench::Writes::beside },
    { name => 'bulk',            rows => \&Bench::Writes::bulk },
    { name => 'synchronisation', rows => \&Bench::Writes::synchronisation },
    { name => 'members',         rows => \&Bench::Growth::members },
    { name => 'seeding',         rows => \&Bench::Growth::seeding },
    { name => 'people',          rows => \&Bench::Growth::people },
    { name => 'memory',          rows => \&Bench::Memory::memory },
    { name => 'access',          rows => \&Bench::Access::access },
    { name => 'driver',          rows => \&Bench::Driver::driver },
);

1;
