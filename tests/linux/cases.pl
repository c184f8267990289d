#!/usr/bin/perl
# cases.pl PATTERN: the cases of tests/user that the Lua tests run, from their calls of subcommands("PROGRAM", {…}, {…}).
# A line each, "PROGRAM SUBCOMMAND SECONDS", those where "PROGRAM SUBCOMMAND" matches the regular expression PATTERN.
use strict;
use warnings;
use File::Find;
use FindBin;

my $DEFAULT = 10;    # seconds: TIMEOUT of tests/lua/lib/test.lua
my $SLOWER = 2;      # the judge may be as much slower
my $pattern = shift // "";
my @files;
find({ wanted => sub { push @files, $_ if /\.lua$/ && !m{/lib/} }, no_chdir => 1 }, "$FindBin::Bin/../lua");

sub seconds { return $SLOWER * ($_[0] =~ /\btimeout\s*=\s*(\d+)/ ? $1 : $_[1]) }

for my $file (sort @files) {
	open(my $in, "<", $file) or die "$file: $!\n";
	my $text = do { local $/; <$in> };
	$text =~ s/--[^\n]*//g;
	while ($text =~ /\bsubcommands\(\s*"(\w+)"\s*,\s*(\{(?:[^{}]|\{[^{}]*\})*\})\s*(?:,\s*(\{[^{}]*\}))?\s*\)/g) {
		my ($program, $list, $options) = ($1, substr($2, 1, -1), $3 // "");
		my $default = seconds($options, $DEFAULT) / $SLOWER;
		while ($list =~ /\{\s*"(\w+)"([^{}]*)\}|"(\w+)"/g) {
			my ($sub, $more) = ($1 // $3, $2 // "");
			next unless "$program $sub" =~ /(?:$pattern)/;
			print "$program $sub ", seconds($more, $default), "\n";
		}
	}
}
