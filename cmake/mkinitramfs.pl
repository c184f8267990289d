#!/usr/bin/perl
# mkinitramfs.pl OUT HOST:GUEST…: writes a cpio archive ("newc") of files and folders of the host. A later argument wins
# over an earlier one. The same input gives the same bytes: everything belongs to root, times are 0, names are sorted.
use strict;
use warnings;

my $out = shift @ARGV or die "usage: mkinitramfs.pl OUT HOST:GUEST...\n";
my %entries;    # guest path without the leading slash => { mode, data | file }
my ($S_IFDIR, $S_IFREG, $S_IFLNK) = (0040000, 0100000, 0120000);
my ($PAGE, $HEADER, $NAME_MAX) = (4096, 110, 4096);

# The guest's fixed folders, with the merged /usr that Debian's packages expect.
add_dir($_, 0755) for qw(dev proc sys usr usr/bin usr/sbin usr/lib etc root tests var var/tmp home run mnt);
$entries{root}{mode} = $S_IFDIR | 0700;
add_dir("tmp", 01777);
$entries{"var/tmp"}{mode} = $S_IFDIR | 01777;
add_link($_, "usr/$_") for qw(bin sbin lib);

for my $spec (@ARGV) {
	my ($host, $guest) = $spec =~ m{^(.+):(/.*)$} or die "perilune: not HOST:GUEST with an absolute GUEST: $spec\n";
	die "perilune: $host: $!\n" unless -e $host;
	$guest .= ($host =~ m{([^/]+)/*$})[0] if $guest =~ m{./$} && !-d $host;
	add_tree($host, $guest, 1);
}
write_archive();

sub add_dir {
	my ($path, $mode) = @_;
	my $old = $entries{$path};
	$entries{$path} = { mode => $S_IFDIR | $mode } unless $old && ($old->{mode} & 0170000) == $S_IFDIR;
}

sub add_link {
	my ($path, $target) = @_;
	$entries{$path} = { mode => $S_IFLNK | 0777, data => $target };
}

# The path with the symbolic links in it followed, the last part as it is; missing parents are made.
sub resolve {
	my ($path) = @_;
	my @todo = grep { length && $_ ne "." } split m{/}, $path;
	my (@done, $links);
	while (defined(my $part = shift @todo)) {
		if ($part eq "..") { pop @done; next }
		my $here = join "/", @done, $part;
		my $entry = $entries{$here};
		if (@todo && $entry && ($entry->{mode} & 0170000) == $S_IFLNK) {
			die "perilune: $path: too many symbolic links\n" if ++$links > 40;
			@done = () if $entry->{data} =~ m{^/};
			unshift @todo, grep { length && $_ ne "." } split m{/}, $entry->{data};
			next;
		}
		add_dir($here, 0755) if @todo;
		push @done, $part;
	}
	return join "/", @done;
}

sub add_tree {
	my ($host, $guest, $follow) = @_;
	my $path = resolve($guest);
	my @stat = $follow ? stat($host) : lstat($host);
	@stat or die "perilune: $host: $!\n";
	my $mode = $stat[2];
	if (($mode & 0170000) == $S_IFDIR) {
		my $old = $entries{$path};
		my $is_link = $old && ($old->{mode} & 0170000) == $S_IFLNK;
		add_dir($path, $mode & 07777) if length $path && !$is_link;
		opendir(my $dir, $host) or die "perilune: $host: $!\n";
		add_tree("$host/$_", "$guest/$_", 0) for sort grep { $_ ne "." && $_ ne ".." } readdir $dir;
	} elsif (($mode & 0170000) == $S_IFLNK) {
		add_link($path, readlink $host);
	} elsif (($mode & 0170000) == $S_IFREG) {
		die "perilune: $guest is a folder in the guest\n" if $path eq "" || is_dir($path);
		$entries{$path} = { mode => $S_IFREG | ($mode & 07777), file => $host };
	} else {
		die "perilune: $host: neither a file, a folder nor a symbolic link\n";
	}
}

sub is_dir {
	my $entry = $entries{ $_[0] };
	return $entry && ($entry->{mode} & 0170000) == $S_IFDIR;
}

# Appends the file's content, which has to be as long as it was said to be.
sub append_file {
	my ($to, $file, $size) = @_;
	open(my $in, "<:raw", $file) or die "perilune: $file: $!\n";
	while ((my $n = sysread($in, my $block, 1 << 20)) // die "perilune: $file: $!\n") {
		print $to $block;
		$size -= $n;
	}
	die "perilune: $file changed while it was read\n" if $size;
}

# At `offset` of the archive. What fills a page or more begins at a multiple of the page size, so that the kernel can
# use it where it is: zeroes after the name push it there, as far as a name's length allows.
sub header {
	my ($offset, $ino, $path, $mode, $length) = @_;
	die "perilune: $path: too large for an initramfs\n" if $length > 0xffffffff;
	my $nlink = ($mode & 0170000) == $S_IFDIR ? 2 : 1;
	my $size = length($path) + 1;
	if ($length >= $PAGE) {
		my $padding = -($offset + $HEADER + $size) % $PAGE;
		if ($size + $padding > $NAME_MAX) {
			my $filler = header($offset, $ino, "." . "\0" x ($PAGE / 2), $S_IFDIR | 0755, 0);
			return $filler . header($offset + length $filler, $ino, $path, $mode, $length);
		}
		$size += $padding;
	}
	my $head = sprintf "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x",
		$ino, $mode, 0, 0, $nlink, 0, $length, 0, 0, 0, 0, $size, 0;
	$head .= $path . "\0" x ($size - length $path);
	return $head . "\0" x (-length($head) % 4);
}

sub write_archive {
	open(my $to, ">:raw", "$out.new") or die "perilune: $out.new: $!\n";
	my ($ino, $offset) = (0, 0);
	for my $path (sort keys %entries) {
		my $entry = $entries{$path};
		my $file = $entry->{file};
		my $length = defined $file ? -s $file : length($entry->{data} // "");
		my $header = header($offset, ++$ino, $path, $entry->{mode}, $length);
		print $to $header;
		defined $file ? append_file($to, $file, $length) : print $to $entry->{data} // "";
		print $to "\0" x (-$length % 4);
		$offset += length($header) + $length + -$length % 4;
	}
	print $to header($offset, 0, "TRAILER!!!", 0, 0);
	close($to) or die "perilune: $out.new: $!\n";
	rename("$out.new", $out) or die "perilune: $out: $!\n";
}
