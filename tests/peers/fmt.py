#!/usr/bin/env python3
"""Makes layouts at random and holds `quorate fmt` against `terraform fmt` of the same texts.

Usage: fmt.py QUORATE [COUNT [SEED [AGREED]]]

Prints the smallest differences; what differs on purpose is in docs/language.md. Texts on which both agree go to the file
AGREED, in the shape of engine/src/layout/cases.json.
"""
import json, os, random, subprocess, sys, tempfile

R = random.Random()
def pick(*a): return R.choice(a)
IDS = ["a","b","foo","bar_baz","x-y","éa","𝒜","in","for","null","true","type","each","list","c2","_u"]
def ws():
    return pick("","",""," "," ","  ","\t"," \t ","     ")
def nl(): return NL
def cmt_inline(): return pick("/* c */","/**/","/* a b  c */","/* é */")
def cmt_line(): return pick("# c","// c","#","# two  spaces ","#!x","//é 🇬🇧")
def s(x=None):
    # white space, rarely with comments
    r=R.random()
    if r<0.04: return ws()+cmt_inline()+ws()
    return ws()
def snl(depth):
    # within brackets line breaks are fine
    r=R.random()
    if r<0.25: return ws()+nl()+ws()
    if r<0.30: return ws()+nl()+ws()+nl()+ws()
    if r<0.34: return ws()+cmt_line()+nl()+ws()
    if r<0.37: return ws()+cmt_inline()+ws()
    return ws()
def num(): return pick("0","1","12","1.5","1e5","1.5E-3","2e+4","100000000000000000000000")
def ident(): return pick(*IDS)
def text():
    return "".join(pick("a","b c"," ","$","%","$$","%%","$${","%%{","\\n","\\\"","\\\\","é","\\u00e9","{","}","#","//","  ","'") for _ in range(R.randrange(4)))
def safe(t):
    # no opening of a template by accident
    t=t.replace("$${","\0").replace("%%{","\1").replace("${","$").replace("%{","%").replace("\0","$${").replace("\1","%%{")
    while "${" in t.replace("$${","") or "%{" in t.replace("%%{",""): t=t.replace("{","")
    if t.endswith("$") or t.endswith("%"): t+="x"
    return t
def string(d):
    out='"'
    for _ in range(R.randrange(3)):
        out+=safe(text())
        if R.random()<0.6 and d>0: out+=interp(d-1,False)
        elif R.random()<0.15 and d>0: out+=directive(d-1,False)
    return out+'"'
def interp(d,multi):
    o=pick("${","${","${~"); c=pick("}","}","~}")
    sep=snl if (multi or R.random()<0.1) else (lambda d: ws())
    return o+sep(d)+expr(d, True)+sep(d)+c
def directive(d,multi):
    o=lambda: pick("%{","%{~"); c=lambda: pick("}","~}")
    if R.random()<.5:
        return o()+ws()+"if "+ws()+expr(d,True)+ws()+c()+pick("","yes ")+(o()+ws()+"else"+ws()+c()+"no" if R.random()<.5 else "")+o()+ws()+"endif"+ws()+c()
    return o()+ws()+"for "+ws()+ident1()+ws()+" in "+ws()+expr(d,True)+ws()+c()+pick("","i ")+o()+ws()+"endfor"+ws()+c()
def ident1(): return pick("a","b","foo","k","v","x-y")
def heredoc(d):
    m=pick("EOT","E","END_X")
    flush=pick("<<","<<-")
    out=flush+m+nl()
    for _ in range(R.randrange(4)):
        line=pick("","  ","\t","    ")+pick("text","a = 1","# no comment","/* neither","}","\"quoted\"","","$x %y","é\t ")
        if R.random()<.5 and d>0: line+=interp(d-1,R.random()<.2)+pick(""," tail")
        if R.random()<.1 and d>0: line+=directive(d-1,False)
        out+=line+nl()
    return out+pick("","  ","\t")+m
BIN=["+","-","*","/","%","==","!=","<",">","<=",">=","&&","||"]
def expr(d, inbr):
    """inbr: line breaks are allowed here"""
    g=snl if inbr else (lambda d: s())
    if d<=0: return pick(num(),ident(),ident(),"\""+safe(text())+"\"","true","null","[]","{}","-1","!x")
    r=R.randrange(24)
    e=lambda b=inbr: expr(d-1,b)
    if r<3: return ident()
    if r<4: return num()
    if r<6: return string(d)
    if r<8: return e()+g(d)+pick(*BIN)+g(d)+e()
    if r<9: return pick("-","!","- ","! ","--","!!")+e()
    if r<10: return "("+snl(d)+e(True)+snl(d)+")"
    if r<12:
        n=R.randrange(4)
        items=[snl(d)+e(True)+snl(d) for _ in range(n)]
        return "["+",".join(items)+(","+snl(d) if n and R.random()<.3 else snl(d) if not n else "")+"]"
    if r<15: return obj(d)
    if r<17:
        n=R.randrange(4)
        items=[snl(d)+e(True)+snl(d) for _ in range(n)]
        tail=pick("","","...",",") if n else ""
        name=pick("f","f","max","provider::a::b","core::f")
        return name+pick("","",""," ")+"("+",".join(items)+tail+snl(d)+")"
    if r<18: return e()+g(d)+"?"+g(d)+e()+g(d)+":"+g(d)+e()
    if r<19: return "["+snl(d)+"for "+pick("","k"+ws()+","+ws())+"v in "+ws()+e(True)+snl(d)+":"+snl(d)+e(True)+snl(d)+pick("","if "+e(True)+snl(d))+"]"
    if r<20: return "{"+snl(d)+"for "+pick("","k"+ws()+","+ws())+"v in "+ws()+e(True)+snl(d)+":"+snl(d)+e(True)+ws()+"=>"+ws()+e(True)+pick("","...")+snl(d)+pick("","if "+e(True)+snl(d))+"}"
    if r<23:
        out=ident1()
        for _ in range(R.randrange(1,4)):
            out+=pick("."+ident1(),"."+ident1(),"["+snl(d)+e(True)+snl(d)+"]",".0",".*","[*]","["+ws()+"\"k\""+ws()+"]",".a.b"," . x" if R.random()<.2 else ".x")
        return out
    return heredoc(d)+nl() if (inbr and R.random()<.5) else ident()
def obj(d):
    n=R.randrange(4)
    out="{"
    if not n: return out+snl(d)+"}"
    multi=R.random()<.6
    if multi: out+=ws()+pick("",cmt_line() if R.random()<.2 else "")+nl()
    for i in range(n):
        key=pick(ident1(),ident1(),"\"k "+str(i)+"\"","("+expr(d-1,True)+")",num() if R.random()<.2 else "q", "a.b" if R.random()<.1 else "z")
        v=expr(d-1,False)
        if R.random()<.1: v=heredoc(d)
        hd = v.startswith("<<")
        if hd and not multi: v="1"; hd=False
        out+=ws()+key+s()+pick("=","=",":")+s()+v
        if multi:
            out+= nl() if hd else pick("",""," ,",",")+ws()+pick("","","",cmt_line())+nl()+pick("","",nl())
            if R.random()<.08: out+=ws()+cmt_line()+nl()
        else:
            out+=ws()+("," if i<n-1 or R.random()<.2 else "")
    return out+ws()+"}"
def attr(d):
    v=expr(d,False)
    if R.random()<.12: v=heredoc(2)
    if v.startswith("<<"): return s()+ident1()+s()+"="+ws()+v+nl()
    return s()+ident1()+s()+"="+s()+v+ws()+pick("","","",cmt_inline(),"")+ws()+pick("","","",cmt_line())+nl()
def label():
    return pick(ident1(),"\"l\"","\"l m\"","\"é\"","\"\\u00e9\"","\"a/b.c\"","\"\"","a1","\"x\\\"y\"","\"t\\tu\"","\"^@!\"")
def block(d):
    ty=pick("resource","b","data","variable","locals","b","é")
    head=s()+ty+pick(" ","  ","\t")+"".join(label()+pick(" ","  "," "+cmt_inline()+" " if R.random()<.1 else " ") for _ in range(R.randrange(3)))
    r=R.random()
    if r<.12: return head+"{"+ws()+"}"+ws()+pick("","",cmt_line())+nl()
    if r<.22: return head+"{"+ws()+ident1()+ws()+"="+ws()+one_line(1)+ws()+"}"+ws()+pick("",cmt_line())+nl()
    return head+"{"+ws()+pick("","","",cmt_line())+nl()+body(d-1)+ws()+"}"+ws()+pick("","","",cmt_line(),cmt_inline())+nl()
def one_line(d):
    while True:
        e=expr(d,False)
        if "\n" not in e: return e
def body(d):
    out=""
    if R.random()<.15 : out+=ws()+"type"+ws()+"="+ws()+pick("list","map","set","\"list\"","\"map\"","\"string\"","any","string","list(string)","\"set\"","\"number\"","object({a=string,\nb=optional(list(any),[])})")+ws()+pick("",cmt_line())+nl()
    for _ in range(R.randrange(5)):
        r=R.random()
        if r<.65: out+=attr(3)
        elif r<.75 and d>0: out+=block(d)
        elif r<.85: out+=ws()+cmt_line()+nl()
        elif r<.9: out+=ws()+cmt_inline().replace(" c ",pick(" c ","\n c\n * d\n"))+ws()+nl()
        else: out+=ws()+nl()
    return out
def document():
    global NL
    NL="\r\n" if R.random()<.08 else "\n"
    out=pick("","","","\ufeff" if R.random()<.2 else "",nl())
    for _ in range(R.randrange(1,4)):
        r=R.random()
        if r<.5: out+=block(2)
        elif r<.9: out+=body(1)
        else: out+=ws()+cmt_line()+nl()
    if R.random()<.1: out=out.rstrip("\r\n")
    if R.random()<.05: out+=ws()
    return out
def run(binary, texts, ext):
    """The texts after the formatter; None for those it refused."""
    env=dict(os.environ, TF_CLI_CONFIG_FILE="/dev/null", CHECKPOINT_DISABLE="1")
    with tempfile.TemporaryDirectory() as d:
        for i,t in enumerate(texts): open(f"{d}/{i:06}.{ext}","w",newline="").write(t)
        subprocess.run([binary,"fmt","-list=false","."],cwd=d,capture_output=True,env=env)
        return [open(f"{d}/{i:06}.{ext}",newline="").read() for i in range(len(texts))]
def main(binary, count="1000", seed="1", agreed=None):
    R.seed(int(seed))
    texts=[document() for _ in range(int(count))]
    theirs=run("terraform",texts,"tf"); ours=run(binary,texts,"hcl")
    all=list(zip(texts,theirs,ours))
    differing=sorted((one for one in all if one[1]!=one[2]), key=lambda one: len(one[0]))
    settled=run(binary,ours,"hcl")==ours
    print(f"{count} texts, {sum(t!=a for t,a,_ in all)} changed by terraform, {len(differing)} differ, settled: {settled}")
    for text,theirs,ours in differing[:20]:
        shown=lambda t: "(unchanged or refused)" if t==text else json.dumps(t,ensure_ascii=False)
        print("text     ",json.dumps(text,ensure_ascii=False)); print("terraform",shown(theirs)); print("quorate  ",shown(ours))
    if agreed:
        same=[(t,a) for t,a,b in all if a==b and a!=t]
        open(agreed,"w").write("[\n"+",\n".join(json.dumps(c,ensure_ascii=False) for c in same)+"\n]\n")
if __name__=="__main__":
    main(*sys.argv[1:])
