#!/usr/bin/env python3
"""Makes expressions at random and holds `quorate console` against `terraform console`, one process for each.

Usage: console.py QUORATE [COUNT [SEED]]

Prints where the values differ, or where only one of them has a value; what differs on purpose is in docs/language.md.
"""
import concurrent.futures, os, random, subprocess, sys, tempfile, threading

R = random.Random()
p = lambda *a: R.choice(a)
WORDS=['','a','b','abc','Hello World','héllo','ÀÉ','e\u0301x','日本語','👨‍👩‍👧 x','a,b,c','a b  c','  x  ','\\n','x\\ty','foo-bar_baz','1','true','null','10.0.0.0/8','2020-01-02T03:04:05Z','a\\"q\\"','$${x}','%%{y}','{"a":1}','[1,2]','a: 1','k=v&x=ü','ß','İi','ﬁ','\\\\','a/b/../c','.','~','%s','%d','aGVsbG8=','/a(.)c/','aaa','A1b2','\\u00e9','x\\r\\ny\\n','\\U0001F600','Ǆ','ŉ','𝒳','#!','&<>','-','tRuE','0x10','1e5','-3.5']
REPL=['"$1"','"${1}x"','"$${1}"','"[$0]"','"-"','""','"$x"','"$${x}_"','"\\\\1"','"$$"']
DF=['"YYYY-MM-DD"','"DD MMM YYYY hh:mm ZZZ"','"EEEE, DD-MMM-YY HH:mm:ss AA"','"h:mm aa Z"',"\"'T'hh\"",'"EEE M D"','"YY YYYYY"','"ZZZZ ZZZZZ"','"X"',"\"''\"",'"hh ss s m H"','"MMMM"','""']
TS=['"2020-02-29T23:59:59Z"','"1999-12-31T00:00:00+05:30"','"2021-01-01T12:00:00.5Z"','"2020-13-01T00:00:00Z"','"x"','"0001-01-01T00:00:00Z"','"2020-01-01 00:00:00Z"','"2024-06-15T08:07:06-11:00"','"9999-12-31T23:59:59Z"']
DU=['"1h"','"-1.5h"','"10m5s"','"1d"','"100ns"','"0"','"1us2ms"','"+3h"','"1h1h"','".5s"','""','"99999999h"']
CI=['"10.0.0.0/8"','"192.168.1.17/24"','"fd00::/64"','"10.0.0.0"','"0.0.0.0/0"','"::/0"','"255.255.255.255/32"','"2001:db8::1/127"','"10.1.2.3/33"','"::ffff:1.2.3.4/120"','"010.1.1.1/8"','"fe80::1%eth0/64"']
def qs(): return '"'+R.choice(WORDS)+'"'

ML='"a\\nb\\n\\nc"'
BW='"/\\\\b/"'
def N(d=2):
    if d <= 0: return p('0','1','2','3','-1','10','0.5','1.25','-2.75','100','255','1e3','12345678901234567890','0.1','3.999','"7"','7','42','1/3','0.30000000000000004','123456789.987654321','1e21','-0.001','99.995')
    return p(
        lambda:N(0),
        lambda:f'{N(d-1)} {p("+","-","*","/","%")} {N(0)}',
        lambda:f'{p("abs","ceil","floor","signum")}({N(d-1)})',
        lambda:f'{p("max","min")}({N(d-1)}, {N(0)}, {N(0)})',
        lambda:f'length({p(S,LS,LN,OS)(d-1)})',
        lambda:f'sum({LN(d-1)})',
        lambda:f'parseint({p(chr(34)+"ff"+chr(34),chr(34)+"-10"+chr(34),chr(34)+"zZ"+chr(34),chr(34)+"077"+chr(34))}, {p("16","36","62","8","10","2")})',
        lambda:f'pow({N(0)}, {p("2","0.5","-1","3","10","0")})',
        lambda:f'log({p("2","8","100","10","0.5","3","1e10","7")}, {p("2","10","3","0.5","7")})',
        lambda:f'{LN(d-1)}[{p("0","1","0")}]',
        lambda:f'index({LS(0)}, {S(0)})',
        lambda:f'({B(d-1)} ? {N(d-1)} : {N(0)})',
        lambda:f'tonumber({p(chr(34)+"1.50"+chr(34),chr(34)+"-0.0"+chr(34),chr(34)+"1e-7"+chr(34),N(0))})',
        lambda:f'-{N(0)}',
        lambda:f'one([{N(0)}])',
        lambda:f'try({N(d-1)}, 5)',
        lambda:f'floor({N(0)} / {p("3","7","0.3")} * {p("100","1000")}) / {p("100","1000")}')()
def S(d=2):
    if d <= 0: return p(qs,qs,qs,qs,qs,
        lambda:p('"éx"','"Żółw"','"ﬀ"','"\\u0065\\u0301"','"🇬🇧🇫🇷"','"a\\u200db"','"ÄÖÜß"','"ǆ"','"ΑΣ"','"i̇"','"\\t\\n x\\u00a0"'))()
    return p(
        lambda:S(0),
        lambda:f'{p("upper","lower","title","strrev","trimspace","chomp")}({S(d-1)})',
        lambda:f'{p("trim","trimprefix","trimsuffix")}({S(d-1)}, {S(0)})',
        lambda:f'substr({S(d-1)}, {p("0","1","-1","-2","2")}, {p("-1","0","1","2","10","100")})',
        lambda:f'replace({S(d-1)}, {S(0)}, {S(0)})',
        lambda:f'replace({S(d-1)}, {p(chr(34)+"/[a-z]/"+chr(34),chr(34)+"/(.)(.)/"+chr(34),chr(34)+"/x*/"+chr(34),chr(34)+"/^|$/"+chr(34),chr(34)+"/(?P<n>[a-l]+)/"+chr(34),BW)}, {R.choice(REPL)})',
        lambda:f'join({S(0)}, {LS(d-1)})',
        lambda:f'format({fmt2()}, {p(S,N,B)(d-1)}, {p(S,N)(0)})',
        lambda:f'"{R.choice(WORDS)}${{{p(S,N,B)(d-1)}}}{R.choice(WORDS)}${{~ {p(S,N)(0)} ~}} {R.choice(WORDS)}"',
        lambda:f'"%{{ if {B(d-1)} }}{R.choice(WORDS)}%{{ else ~}} {R.choice(WORDS)} %{{~ endif }}"',
        lambda:f'"%{{ for i, x in {LS(d-1)} ~}} ${{i}}:${{x}}; %{{~ endfor }}"',
        lambda:f'jsonencode({p(OS,LN,LS,LO,S,N,B)(d-1)})',
        lambda:f'yamlencode({p(OS,LN,LS,LO,S,N,B)(d-1)})',
        lambda:f'tostring({N(d-1)})',
        lambda:f'base64encode({S(d-1)})',
        lambda:f'urlencode({S(d-1)})',
        lambda:f'indent({p("0","2","4")}, {p(ML,S(0))})',
        lambda:f'{p("md5","sha1","sha256","base64sha256")}({S(d-1)})',
        lambda:f'lookup({OS(d-1)}, {S(0)}, {S(0)})',
        lambda:f'element({LS(d-1)}, {p("0","1","7","100")})',
        lambda:f'coalesce({p("null",chr(34)*2,S(0))}, {S(0)}, "z")',
        lambda:f'({B(d-1)} ? {S(d-1)} : {S(0)})',
        lambda:f'formatdate({R.choice(DF)}, {R.choice(TS[:3]+TS[5:7])})',
        lambda:f'timeadd({R.choice(TS[:3])}, {R.choice(DU[:6])})',
        lambda:f'cidrsubnet({R.choice(CI[:3])}, {p("2","4","8","0")}, {p("0","1","2","3","15")})',
        lambda:f'cidrhost({R.choice(CI[:3]+CI[4:6])}, {p("0","1","-1","10","-2","255")})',
        lambda:f'try({OS(d-1)}.a, {S(0)})',
        lambda:f'{OS(d-1)}["a"]',
        lambda:f'regex({p(chr(34)+".*"+chr(34),chr(34)+"[^ ]*"+chr(34),chr(34)+"^.?"+chr(34))}, {S(d-1)})',
        lambda:S(d-1))()
def fmt2(): return '"'+p('%s-%s','%v|%v','%q %q','%[2]v%[1]v','%10s|%-10s|','%#v %#v','%5s%%%s','%s %[1]s','%-5v|%5v','%.2s %v','%s')+'"'
def B(d=2):
    if d <= 0: return p('true','false','"true"','!false')
    return p(
        lambda:B(0),
        lambda:f'{N(d-1)} {p("<",">","<=",">=","==","!=")} {N(0)}',
        lambda:f'{S(d-1)} {p("==","!=")} {S(0)}',
        lambda:f'{LS(d-1)} {p("==","!=")} {LS(0)}',
        lambda:f'{OS(d-1)} == {OS(0)}',
        lambda:f'contains({LS(d-1)}, {S(0)})',
        lambda:f'{p("startswith","endswith","strcontains")}({S(d-1)}, {S(0)})',
        lambda:f'alltrue([{B(d-1)}, {B(0)}])',
        lambda:f'anytrue([{B(d-1)}, {B(0)}])',
        lambda:f'can({p(S,N,LS,OS)(d-1)})',
        lambda:f'{B(d-1)} {p("&&","||")} {B(0)}',
        lambda:f'issensitive({p(S,LS)(d-1)})',
        lambda:f'{p(S,N,LS,OS,LN)(d-1)} {p("==","!=")} {p(S,N,LS,OS,LN,lambda d:"null")(0)}')()
def LS(d=2):
    n=R.randrange(5); base='['+', '.join(S(0) for _ in range(n))+']'
    if d <= 0: return p(base,base,f'tolist({base})',f'toset({base})')
    return p(
        lambda:base,
        lambda:'['+', '.join(S(d-1) for _ in range(n))+']',
        lambda:f'{p("sort","distinct","reverse","compact")}({p("tolist","")}({LS(0)}))',
        lambda:f'concat({LS(d-1)}, {LS(0)})',
        lambda:f'split({S(0)}, {S(d-1)})',
        lambda:f'keys({OS(d-1)})',
        lambda:f'values({OS(d-1)})',
        lambda:f'slice({base}, 0, {n and 1})',
        lambda:f'[for i, x in {LS(d-1)} : {p("upper(x)","x","i",chr(34)+"${i}-${x}"+chr(34))} {p("","if x != "+chr(34)+"a"+chr(34),"if length(x) > 1")}]',
        lambda:f'{p("setunion","setintersection","setsubtract")}({LS(d-1)}, {LS(0)})',
        lambda:f'flatten([{LS(d-1)}, [{LS(0)}, {S(0)}]])',
        lambda:f'formatlist({fmt2()}, {LS(d-1)}, {S(0)})',
        lambda:f'coalescelist([], {LS(0)})',
        lambda:f'regexall({p(chr(34)+"[a-z]+"+chr(34),chr(34)+"(.)(.)"+chr(34),chr(34)+"(?P<k>.)"+chr(34),chr(34)+""+chr(34))}, {S(d-1)})',
        lambda:f'matchkeys({base}, {base}, {LS(0)})',
        lambda:f'[{OS(0)}, {OS(0)}][*].a',
        lambda:f'tolist({LS(d-1)})',
        lambda:f'toset({LS(d-1)})',
        lambda:f'({B(d-1)} ? {LS(d-1)} : {LS(0)})',
        lambda:f'chunklist({LS(d-1)}, {p("1","2","3","0")})',
        lambda:f'setproduct({LS(d-1)}, {LS(0)})',
        lambda:f'{S(0)}[*]',
        lambda:f'jsondecode(jsonencode({LS(d-1)}))',
        lambda:f'yamldecode(yamlencode({LS(d-1)}))',
        lambda:f'[{S(0)}, {N(0)}, {B(0)}, null, {LS(d-1)}]',
        lambda:f'tolist([{S(0)}, {N(0)}, {B(0)}])')()
def LN(d=2):
    n=R.randrange(1,5); base='['+', '.join(N(0) for _ in range(n))+']'
    if d<=0: return base
    return p(
        lambda:base,
        lambda:f'range({p("3","0","5","-2")})',
        lambda:f'range({p("1","0","10")}, {p("4","0","-3")}{p("",", 2",", -1",", 0.5")})' ,
        lambda:f'[for x in {LN(d-1)} : x * 2]',
        lambda:f'tolist({base})',
        lambda:f'toset({base})',
        lambda:f'concat({LN(d-1)}, {base})',
        lambda:f'distinct({LN(d-1)})',
        lambda:f'sort({base})',
        lambda:f'setunion({base}, {LN(d-1)})',
        lambda:f'[for k, v in {OS(d-1)} : length(v)]',
        lambda:f'reverse({LN(d-1)})',
        lambda:f'slice({base}, 0, 1)',
        lambda:f'flatten([{base}, {LN(d-1)}])')()
K=['a','b','c','"a b"','"é"','1','Z','(upper("k"))','"10"','"2"','true']
def OS(d=2):
    n=R.randrange(4); ks=R.sample(K,n); base='{'+', '.join(f'{k} = {S(0)}' for k in ks)+'}'
    if d <= 0: return p(base,base,f'tomap({base})')
    return p(
        lambda:base,
        lambda:'{'+', '.join(f'{k} = {p(S,N,B,LS,OS,LN)(d-1)}' for k in ks)+'}',
        lambda:f'merge({OS(d-1)}, {OS(0)})',
        lambda:f'{{for k, v in {OS(d-1)} : {p("k","upper(k)",chr(34)+"${k}_"+chr(34))} => v{p("",""," if k != "+chr(34)+"a"+chr(34))}}}',
        lambda:f'{{for x in {LS(d-1)} : x => upper(x)...}}',
        lambda:f'{{for i, x in {LS(d-1)} : i => x}}',
        lambda:f'zipmap({base.replace("=",",") and "["+", ".join(S(0) for _ in range(2))+"]"}, [{S(0)}, {N(0)}])',
        lambda:f'transpose({{a = {LS(d-1)}, b = ["x", "y"]}})',
        lambda:f'tomap({OS(d-1)})',
        lambda:f'({B(d-1)} ? {OS(d-1)} : {OS(0)})',
        lambda:f'jsondecode(jsonencode({OS(d-1)}))',
        lambda:f'yamldecode(yamlencode({OS(d-1)}))',
        lambda:f'{{a = {OS(d-1)}, b = {LO(0)}}}',
        lambda:f'{{(upper("x")) = {S(d-1)}, "${{{S(0)}}}" = {N(0)}}}',
        lambda:f'one([{OS(0)}])',
        lambda:f'lookup({{a = {OS(0)}}}, "a", {OS(0)})',
        lambda:f'regex("(?P<x>.)(?P<y>.)?", {S(0)})',
        lambda:f'sensitive({OS(0)})',
        lambda:f'{{x = sensitive({S(0)}), y = {N(0)}}}',
        lambda:f'csvdecode("a,b\\n1,{R.choice(["x","","é"])}\\n")[0]')()
def LO(d=1): return p(
        lambda:f'[{OS(d)}, {OS(0)}]',
        lambda:f'tolist([{OS(0)}, {OS(0)}])',
        lambda:f'toset([{OS(0)}, {OS(0)}])',
        lambda:f'[for k, v in {OS(d)} : {{ k = k, v = v }}]',
        lambda:f'setproduct({LS(0)}, {LN(0)})')()

def expressions(count):
    made = {}
    while len(made) < count:
        text = p(S, S, N, B, LS, LS, LN, OS, OS, LO)(R.randrange(1, 4))
        if R.random() < .1: text = f"type({text})"
        if len(text) <= 300 and "\n" not in text: made[text] = None
    return list(made)

def answer(binary, folder, text):
    env = dict(os.environ, TF_CLI_CONFIG_FILE="/dev/null", CHECKPOINT_DISABLE="1", NO_COLOR="1")
    done = subprocess.run([binary, "console"], input=text + "\n", capture_output=True, text=True, cwd=folder, env=env)
    return done.stdout if done.returncode == 0 else None

def main(binary, count="500", seed="1"):
    R.seed(int(seed))
    own = threading.local()
    def both(text):
        # Each worker has a folder of its own: Terraform locks the state there.
        if not hasattr(own, "folder"): own.folder = tempfile.mkdtemp()
        return text, answer("terraform", own.folder, text), answer(binary, own.folder, text)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        told = list(pool.map(both, expressions(int(count))))
    differing = [one for one in told if one[1] != one[2]]
    valued = sum(one[1] is not None for one in told)
    print(f"{count} expressions, {valued} with a value in terraform, {len(differing)} differ")
    for text, theirs, ours in differing:
        print("expression", text); print("terraform ", theirs); print("quorate   ", ours)

if __name__ == "__main__":
    main(*sys.argv[1:])
