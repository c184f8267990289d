# Masks what differs from boot to boot in a program's output: mask.pl raw|numbers|default <OUTPUT.
use strict;
use warnings;

my $how = shift;
while (<STDIN>) {
	unless ($how eq "raw") {
		s/\b0x[0-9a-f]{5,}\b/ADDRESS/gi;
		s/\b(?=[0-9a-f]*\d)[0-9a-f]{8,16}\b/ADDRESS/gi;
		s/\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) \w{3} [ \d]\d \d\d:\d\d:\d\d(?: \w+)? \d{4}\b/DATE/g;
		s/\b\d{4}-\d\d-\d\d\b/DATE/g;
		s/\b\w{3} [ \d]\d (?=\d\d:\d\d)/DATE /g;
		s/\b\d+:\d\d(?::\d\d)?(?:\.\d+)?\b/TIME/g;
		s/(?<![\d.])\d+\.\d{2,}(?![\d.]*\d)/TIME/g;
		s/\b((?:t|p|pp|pg|s|tg)id[s]?\W{1,3})\d+/$1PID/gi;
		s/\[\d+\]/[PID]/g;
		s/(: line \d+:) +\d+ (?=[A-Z])/$1 PID /;
		s/(\/proc\/|\/task\/)\d+/$1PID/g;
		s/\b\d{2,}\b/N/g if $how eq "numbers";
	}
	print;
}
