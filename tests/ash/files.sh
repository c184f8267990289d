# Files and the small tools.
d=$(mktemp -d) && cd "$d" || exit 1
mkdir -p a/b/c
echo content > a/b/c/file
find . | sort
cp a/b/c/file copy; mv copy moved; cat moved
ln moved hard; ln -s moved soft
ls -1
readlink soft
stat -c '%h %s %F' moved
[ -L soft ] && [ moved -ef hard ] && echo links
chmod 640 moved; stat -c %a moved
rm soft; cat hard
test -x moved; echo $?
printf 'c\na\nb\na\n' > list
sort list | uniq -c | awk '{print $1, $2}'
grep -n a list
cut -c1 list | tr -d '\n'; echo
head -c 3 /dev/zero | od -An -tx1 | tr -d ' '
dd if=/dev/zero of=big bs=1k count=64 2>/dev/null; wc -c < big
cmp big big && echo same
md5sum < big | cut -c1-32
tar cf t.tar a && tar tf t.tar
rm -rf a; tar xf t.tar; cat a/b/c/file
gzip -c list | gunzip -c | diff - list && echo gzip
for i in 1 2 3 4 5 6 7 8 9; do echo $i > n$i; done
ls n* | wc -l
cat n[3-5]
echo abc > x; echo abd > y; diff x y | head -n 1
date -u -d @0 +%Y-%m-%d
basename /a/b.c .c; dirname /a/b.c
expr 6 \* 7
cd /; rm -rf "$d"; ls "$d" 2>/dev/null; echo $?
