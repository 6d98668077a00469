/**
 * The words by which a question tells its kind, in the order in which they are tried: the first kind
 * whose pattern fits counts. Text comes without polite forms, Traditional characters folded.
 */
import type { QuestionKind } from '../../core/question-kind.ts';

const VERB =
  'add|adjust|allow|append|apply|attach|automate|avoid|back up|bake|block|boil|build|calculate|call|cancel|catch|change|check|clean|clear|clone|combine|compare|compile|configure|connect|convert|cook|copy|count|create|cut|debug|delete|deploy|detect|disable|display|download|draw|edit|enable|encode|escape|execute|exclude|export|extract|fetch|filter|find|fix|flatten|fold|force|format|generate|get|grow|handle|hide|host|ignore|import|improve|include|increase|insert|install|iterate|join|keep|limit|list files|load|lock|loop|lower|make|map|measure|merge|migrate|mock|monitor|mount|move|open|override|parse|pass|patch|pin|plant|prevent|print|protect|prune|push|query|read|rebase|record|redirect|reduce|register|remove|rename|repair|replace|reset|resize|restart|restore|restrict|revert|roll back|rotate|round|run|save|schedule|search|select|send|serve|set|set up|show|skip|sort|split|squash|start|stop|store|strip|switch|sync|test|track|train|transform|trim|turn off|turn on|undo|uninstall|unlock|unpack|update|upgrade|upload|use|validate|verify|wash|watch|wrap|write';

/** Plural nouns that ask for several things. */
const MANY =
  'advantages|disadvantages|benefits|drawbacks|downsides|upsides|pros|cons|risks|dangers|types|kinds|sorts|forms|examples|reasons|causes|symptoms|signs|effects|consequences|side effects|features|functions|options|values|choices|possibilities|levels|categories|classes|components|parts|ingredients|materials|tools|items|things|tips|tricks|ideas|suggestions|recommendations|measures|tactics|strategies|methods|techniques|approaches|principles|rules|requirements|conditions|criteria|goals|targets|aims|objectives|achievements|awards|albums|songs|books|films|movies|works|artworks|theories|hypotheses|factors|challenges|problems|issues|precautions|perks|services|products|models|versions|modes|commands|arguments|parameters|members|players|countries|cities|states|names|steps|stages|phases|handlers|modules|extensions|formats|protocols|roles|responsibilities|duties|uses|applications|differences|classes|strategies|cases|situations|places|attractions|animals|species|plants|foods|dishes|languages|exceptions';

export const KIND_PATTERNS: readonly (readonly [QuestionKind, readonly RegExp[]])[] = [
  // "Why is A safer than B" asks why, whatever is compared.
  [
    'explanation',
    [
      /^(?:so |but |and )?why\b/iu,
      /^(?:warum|wieso|weshalb|pourquoi|perché)\b/iu,
      /^¿?\s*por qu(?:é|e)\b/iu,
    ],
  ],
  [
    'comparison',
    [
      /\b(?:vs\.?|versus)(?=\s|$)/iu,
      /\b(?:differences?|differ|differs|distinguish(?:es)?|distinction)\b(?!\s+(?:in time|of opinion))/iu,
      /\b(?:compar(?:e[ds]?|ing|ison)|contrasted)\b(?!\s+(?:with|to)\s+(?:a|an)\s+(?:normal|usual|regular|average|traditional)\b)/iu,
      /\b(?:which|who|what)\b.{0,60}\b(?:better|worse|safer|faster|slower|cheaper|larger|bigger|smaller|older|younger|taller|higher|longer|stronger|healthier|easier|harder|more|less|preferable)\b.{0,60}\bor\b/iu,
      /\b(?:better|worse|safer|faster|slower|cheaper|larger|bigger|smaller|older|younger|taller|higher|longer|deeper|heavier|stronger|healthier|easier|harder) than\b(?! \d)/iu,
      /^[^?]{2,80}\bor\b[^?:]{2,80}:\s*(?:which|what|who)\b/iu,
      /\bwhich (?:of (?:the|these|those) two|is (?:better|safer|faster|cheaper|larger|older))\b|\bor\b.{0,80}\bwhich one\b|\bwhich one (?:is|performs|should i|would you)\b/iu,
      /^(?:do|does|should|shall|would|is|are|can)\b[^?]{2,90}\bor\b(?!\s+(?:not|more|less|so|another)\b)[^?]{2,90}\?/iu,
      /\bwhat changed\b|\bwhat did \S+(?: \S+){0,6} change (?:on|in|about|from)\b/iu,
      /区别|差别|差异|不同(?:点|之处|在哪|在于)?|不一样|异同|相比|对比|比较|哪个更|哪一?[个种款].{0,6}(?:更|好)|谁更|孰|还是.{1,20}(?:好|更|呢|[?？])|比.{1,16}(?:更|要)?[高大多长重快好强深远早晚]/u,
      /\bunterschied|\bunterscheide[nt]|\bvergl(?:eich|ichen)|\bim vergleich|\bgegen(?:ü|ue)ber\b.{0,40}\bvorteil|\b(?:besser|schlechter|gr(?:ö|oe)(?:ß|ss)er|kleiner|schneller|teurer|billiger) als\b/iu,
      /\bdiff(?:é|e)rences?\b|\bcompar(?:é|er|aison)|\bpar rapport (?:à|au)|\bmieux que\b/iu,
      /\bdiferencias?\b|\bcompar(?:ar|ado|ada|aci(?:ó|o)n)|\bmejor que\b/iu,
      /\bdifferenz[ae]\b|\brispetto a|\bconfront[oi]\b|\bmeglio di\b/iu,
      /違い|比べ|比較|どちら/u,
    ],
  ],
  [
    'summary',
    [
      /\bwhat(?:['’]s| is| was| has) (?:happened|happening|going on)\b|\bwhat happen(?:ed|s)\b|\bhow did \S+(?: \S+){0,5} (?:react|respond|end|go(?! about))\b/iu,
      /\b(?:summar(?:y|i[sz]e)|overview|outline|recap|gist|main points?|key (?:points|findings|takeaways))\b/iu,
      /\bwhat (?:was|is|were|are) \S.{0,90}\babout\s*[?]*$/iu,
      /\bwhat (?:did|does|do) .{2,90}\b(?:data|report|study|stud(?:y|ies)|survey|research|researchers|scientists|paper|article|poll|analysis|law|results?|figures|statistics)\b.{0,60}\b(?:say|show|find(?: out)?|reveal|conclude|suggest|discover)/iu,
      /\bwhat did .{2,60}\b(?:find out|discover|announce|decide|conclude|do(?: with| about| to| for| in)?)\b/iu,
      /\b[Ww]hat (?:is|are) \p{Lu}\S*(?: \S+){0,4} doing\b/u,
      /\b(?:findings|results|outcome) of\b/iu,
      /发生了什么|什么情况|怎么回事|经过是|来龙去脉|讲了什么|说了什么|写了什么|主要内容|内容是什么|的内容|有(?:什么|哪些|何)结果|取得了什么|概括|总结|概述|简介|有什么反应|作何反应/u,
      /\bwas ist (?:passiert|geschehen)|\bzusammenfass|\bworum (?:geht|ging)|\bwas (?:hat|haben) .{2,80}\b(?:ergeben|herausgefunden|beschlossen|getan|gemacht)/iu,
      /\bque s['’]est-il pass|\br(?:é|e)sum|\bde quoi (?:parle|s['’]agit)|\bqu['’](?:a|ont|a-t-(?:il|elle)) (?:fait|d(?:é|e)cid|annonc|conclu|trouv)/iu,
      /\bqu(?:é|e) (?:pas(?:ó|o)|ha pasado|sucedi(?:ó|o)|hizo|decidi(?:ó|o)|anunci(?:ó|o))|\bresum(?:e|en|ir)/iu,
      /\bche cosa (?:è|e) successo|\bcos['’](?:è|e) successo|\bcosa (?:ha|hanno) (?:fatto|deciso|annunciato)|\briassum/iu,
      /の内容|要約|まとめ|何が(?:あった|起き|起こ)|どうなっ/u,
    ],
  ],
  [
    'opinion',
    [
      /\bwhat (?:do|does|did|would) .{2,80}\b(?:think|believe|feel|propose|suggest|recommend|argue|advocate|say|claim|make of)\b/iu,
      /\b(?:opinions?|views?|stance|position|attitude|criticisms?|viewpoints?|perspective) (?:of|on|about|towards?)\b|\b['’]s (?:opinion|view|stance|take|attitude)\b/iu,
      /\bhow (?:do|does|did) .{2,50}\b(?:feel|think) about\b/iu,
      /看法|观点|认为|怎么看|如何看待|怎样看待|评价|立场|态度|主张|建议.{0,6}(?:什么|怎)|提出了(?:什么|哪些)(?:建议|看法|主张)/u,
      /\b(?:was|wie) (?:h(?:ä|ae)lt|halten|denkt|denken|meint|meinen|schl(?:ä|ae)gt|schlagen|sagt|sagen)\b|\bmeinung\b|\bstandpunkt\b|\bhaltung\b/iu,
      /\bque (?:pense|pensent|propose|proposent|dit|disent)\b|\b(?:opinion|avis|position) (?:de|du|sur)\b/iu,
      /\bqu(?:é|e) (?:opina|opinan|piensa|piensan|propone|proponen|dice|dicen|sugiere)\b|\bopini(?:ó|o)n\b/iu,
      /\b(?:cosa|che cosa) (?:pensa|pensano|propone|propongono|dice|dicono)\b|\bopinione\b/iu,
      /意見|どう(?:思|考え)|見解|主張/u,
    ],
  ],
  [
    'explanation',
    [
      /\bwhy\b|\bhow come\b|\bwhat (?:are|is|was|were|could be) the (?:main |real |exact )?(?:reasons?|causes?)\b|\bwhat (?:causes?|caused|leads?|led|makes?|made)\b(?! (?:up|by)\b)|\b(?:reasons?|causes?) (?:for|why|behind|of)\b|\bfor what reason\b/iu,
      /^(?!.*\b(?:how|which|what) (?:do|can|to|should|cases|does|is)\b).*\b(?:error|exception|traceback|warning|stack trace|fails?|failed|failing|crash(?:es|ed)?|dies|does(?:n['’]t| not) work|not working|broken|refuses to|still (?:uses|shows|lists|says)|keeps? \p{L}+ing)\b/iu,
      /为什么|为何|为啥|缘何|原因|怎么会|怎么就|何以|因何|凭什么|怎么搞的|报错|出错|原理|机制/u,
      /\b(?:warum|wieso|weshalb|weswegen)\b|\bgr(?:ü|ue)nde? f(?:ü|ue)r\b|\bursachen?\b|\bwie kommt es\b|\bwas l(?:ä|ae)uft\b|\bfehler(?:meldung)?\b/iu,
      /\bpourquoi\b|\braisons?\b(?! sociale)|\bcauses? de\b|\berreur\b/iu,
      /\bpor qu(?:é|e)\b|\braz(?:ó|o)n(?:es)?\b|\bcausas? de\b/iu,
      /\bperch(?:é|e)\b|\bmotiv[oi]\b|\bcaus[ae] d/iu,
      /なぜ|何故|どうして|理由|原因|仕組み/u,
    ],
  ],
  [
    'number',
    [
      /\bhow (?:many|much|long|old|far|tall|high|big|large|deep|wide|often|heavy|fast|thick|cold|hot|frequently|soon|late)\b/iu,
      /\bwhat (?:percentage|percent|number|amount|proportion|share|fraction|age|size|length|height|weight|speed|temperature|price|distance|year)\b|\bwhat (?:is|was|are|were) the (?:\p{L}+ ){0,2}(?:price|cost|number|amount|population|percentage|rate|size|length|height|weight|speed|temperature|age|distance|area|total|share|value|salary|budget|revenue|score)\b/iu,
      /^(?:the )?(?:average|total|max(?:imum)?|min(?:imum)?|typical|median) \S|^(?:price|cost|number|amount|population|size) of\b|\b(?:max(?:imum)?|min(?:imum)?|total) (?:number|size|length|amount)\b/iu,
      /多少|几(?:个|人|次|岁|年|月|天|日|名|种|位|条|座|家|部|场|小时|分钟|点|枚|块|倍|成)|多[大高长远深重久宽厚快]|百分之几|第几|几率|价格是|票价|单价|温度是/u,
      /\bwie ?(?:viele?|vielen|lange|hoch|gro(?:ß|ss)|alt|weit|oft|schwer|schnell|teuer|tief|breit)\b|\bpreis\b|\bkosten\b/iu,
      /\bcombien\b|\bquel(?:le)? (?:est |était )?(?:le |la |l['’])?(?:prix|taille|âge|age|hauteur|longueur|poids|nombre|vitesse|distance)\b/iu,
      /\bcu(?:á|a)nt[oa]s?\b/iu,
      /\bquant[oaie]\b/iu,
      /いくら|いくつ|何(?:人|個|円|年|回|本|台|歳|時間|分|キロ|メートル|パーセント|％|ドル)|どのくらい|どれくらい/u,
    ],
  ],
  [
    'how-to',
    [
      /\bhow[ -]to\b|\bhow (?:do|can|should|could|would|shall|might|must) (?:i|we|you|one|someone|somebody|people)\b|\bhow does one\b|\bhow (?:can|do|should) (?:git|python|apache|sqlite|linux|windows|excel|a user|users)\b/iu,
      /\b(?:steps?|instructions?|guide|tutorial|recipe|procedure|directions) (?:to|for|on)\b|\bstep by step\b|\b(?:best|recommended|right|correct|proper|easiest|simplest|safest|only|fastest|quickest) way (?:to|of)\b|\bway to\b|\bwhat (?:should|can|do) (?:i|we|you) do\b/iu,
      /^(?:怎样|如何|怎么)(?!样|会|回事|看|评|理解)|怎么(?:用|做|样才|样做|写|办|弄|装|安装|设置|配置|使用|制作|煮|炒|种|养|删除|修改|打开|关闭|才能|能|可以|让|把|将|去|去除|给|避免|防止|解决|处理|申请|办理|查|查看|读|选)|怎样(?:才能|做|让|把|将|使用|制作|安装|设置|申请|避免|做到)|如何(?!看|评|影响|产生|形成|发生|变|起|运作|工作|成为|被|死|得名)|步骤|方法|教程|做法|指南|流程/u,
      /\bwie (?:kann|k(?:ö|oe)nnen|soll|sollte|muss|mache?n?|macht|geht man|bekomme|stell[et]n?|richte[tn]?|installier|erstell|lege?n?|schalt|l(?:ö|oe)sche?n?|benutz|verwend|nimmt|nehme|koche?|backe?|pflegt|pflege)\b(?!.{0,20}\b(?:passieren|sein)\b)|\banleitung\b|\bpflege\b|\bschritt f(?:ü|ue)r schritt\b|\bwie \p{Ll}+t man\b/iu,
      /\bcomment (?:faire|puis-je|peut-on|pouvons|puis|je|on|dois-je|\p{Ll}+(?:er|ir|re)\b)|\bmode d['’]emploi\b|\bquel r(?:é|e)glage\b/iu,
      /\bc(?:ó|o)mo (?:puedo|podemos|se \p{Ll}+|hago|hacer|debo|\p{Ll}+(?:ar|er|ir)\b)|\bpasos para\b/iu,
      /\bcome (?:posso|si fa|si pu(?:ò|o)|faccio|fare|devo|\p{Ll}+(?:are|ere|ire)\b)/iu,
      /方法|やり方|手順|どうやって(?!.{0,20}(?:守る|なった|生まれ))|どうすれば|どうしたら|するには|作り方|使い方/u,
      // An imperative, after the name of a tool at most: "git undo last commit", "In SQLite, insert a row".
      new RegExp(
        String.raw`^(?:in \S+,\s*)?(?:\S+(?: \S+)?:\s*|(?:git|python|sqlite|apache|linux|bash|excel|docker|windows|mac|word|css|javascript|java|vim|nginx|powershell|pandas|sql)\s+)?(?:${VERB})\s+(?!(?:is|are|was|were|vs)\b)\S+`,
        'iu',
      ),
    ],
  ],
  [
    'definition',
    [
      /^[Ww]ho (?:is|was|are|were) (?:\p{Lu}|the )\S*(?: \S+){0,4}[?.]*$/u,
      /^(?:and )?what (?:is|are|was|were|is meant by|does it mean) (?:an? |meant by )?(?!the\b|my\b|your\b|their\b|his\b|her\b|its\b)[^,?]{1,60}[?.]*$/iu,
      /^what (?:is|are|was|were) the (?!(?:\p{L}+ )*(?:name|capital|largest|biggest|first|last|best|most|title|age|date|year|default|recommended|main|purpose|currency|author|population|only|oldest|highest|longest|smallest)\b)(?:(?!\b(?:of|for|in which|on|at|by|with|behind|between|from|used|called)\b)[^,?]){1,50}(?: in \p{Lu}\S+)?[?.]*$/u,
      /\bwhat (?:does|do|did|is) .{1,80}\b(?:mean|means|stand for|refer to|do)\b|\b(?:definition|meaning|significance) of\b|\bdefine\b|\b(?:says?|called) ["“].{2,60}["”].{0,3} what is (?:that|this|it)\b|\bmeaning\s*[?]*$/iu,
      /什么是|(?:^|[，,。\s])[^的，,。]{1,20}(?:是什么(?:东西|意思|玩意)?|(?<![主冠得导市校总旗首][军主演长统手席]|[者员人家])是谁|是啥|是什么人|是什么样的人|是何人)[?？。]*$|是什么意思|什么意思|的含义|的定义|指的?是什么|是指什么|何谓|何为/u,
      /^was (?:ist|sind|war|waren|bedeutet|bedeuten|hei(?:ß|ss)t) (?:eine?n? |der |die |das )?[^,?]{1,60}[?]*$|\bwas (?:bedeutet|hei(?:ß|ss)t|versteht man)\b|^wer (?:ist|war|sind|waren) \p{Lu}[^,?]{1,50}[?]*$/iu,
      /\bqu['’]est[- ]ce qu(?:e|['’])\b|^qui (?:est|était|sont) \p{Lu}[^,?]{1,50}[?\s]*$|\b(?:que|qu['’]) ?(?:signifie|veut dire)\b|\bd(?:é|e)finition\b/iu,
      /^¿?\s*qu(?:é|e) (?:es|son|era|significa|quiere decir)\b|^¿?\s*qui(?:é|e)n(?:es)? (?:es|fue|era|son)\b[^,?]{1,50}[?]*$/iu,
      /^(?:che )?cos(?:a|['’]) ?(?:è|e|é|sono|era|significa|indica|vuol dire)|^che cos['’](?:è|e)|^chi (?:è|e|era|sono) \p{Lu}|\bcosa significa\b/iu,
      /とは(?:何|なん|どん|誰|[?？]|$)|って(?:何|なに)|どういう意味|の意味|とは$|は誰/u,
    ],
  ],
  [
    'list',
    [
      new RegExp(
        String.raw`^(?:\S+(?: \S+){0,4}[:,] )?(?:in |on |at |by |for |to |under |with )?(?:what|which)(?: (?:are|were) (?:the |some |\S+['’]s )?(?:\S+ ){0,5}| (?:other |different |common |main |\p{L}+ ){0,3})(?:${MANY})\b`,
        'iu',
      ),
      /\b(?:list|name|enumerate|mention|give)\s+(?:me )?(?:all|some|the|a few|a list|two|three|four|five|ten|several|examples|\d+)\b|\blist of\b|\bgive (?:me )?(?:some|a few) (?:tips|advice|examples|ideas)|\b(?:tips|ideas|advice|examples|ways) (?:to|for|on|of|so)\b|\bpros and cons\b/iu,
      /^(?:in |on |at |by |for |from )?(?:what|which)(?! (?:is|was|are|were|does|did|do|has|had|can|could|will|would|should)\b)(?: \p{L}[\p{L}-]*){0,3}? (?!(?:is|was|has|does|his|its|this|les|us|as)\b)\p{L}{2,}(?<!ss|us|is|ous)s (?:are|were|do|did|does|have|could|can|should|would|will|might|must|in|of|for|from|won|use[ds]?|used)\b/iu,
      /\bwhat (?:else |all )?(?:should|can|could|must|do|does) (?:i|we|you|one|people|guests|visitors|it)\s+(?:pack|bring|take|buy|eat|see|visit|wear|avoid|expect|include|contain|offer|careful|need)|\bthings? (?:should|to|that)\b|\bwhat (?:are|were) (?:\p{Lu}|analysts|people|some|the \p{L}+ (?:theories|ideas))|\bwhat (?:perks|tips|symptoms|items)\b/u,
      new RegExp(String.raw`^(?:\S+ ){1,8}(?:${MANY})(?: \d{4})?\s*[?.]*$`, 'iu'),
      new RegExp(
        String.raw`^(?:possible |common |all |main )?(?:${MANY}) (?:of|for|in|to)\b|\b(?:options|values|levels|${'perks|downsides'})\b.{0,60}$`,
        'iu',
      ),
      /有哪些|哪些|都有谁|有谁|都有什么|有什么(?:特|优|缺|好|坏|症|影|办|作|功|种|类|区|要|注意|意义|用)|哪几[个种类项部张位]|列出|列举|分别是(?:哪|靠)|清单|注意事项|优缺点|种类/u,
      /\bwelche (?!(?:ist|war|hat|der|die|das|stadt|firma|person|farbe|zahl|frau|rolle|port)\b)\p{L}+\b|\bliste\b|\bvor- und nachteile\b|\bnenne?\b|\btipps\b/iu,
      /\bquel(?:le)?s\b|\bliste\b|\bavantages\b|\binconv(?:é|e)nients\b/iu,
      /\bcu(?:á|a)les\b|\bqu(?:é|e) \p{Ll}+s (?:son|hay|tiene|existen)\b|\blista\b|\bventajas\b/iu,
      /\bqual[i]\b|\belenc|\blista\b|\bvantaggi\b/iu,
      /一覧|何があり|どんな|種類|リスト|どのような/u,
    ],
  ],
  [
    'yes-no',
    [
      /^(?:and |so |but )?(?:is|are|was|were|am|do|does|did|can|could|should|shall|will|would|has|have|had|may|might|must|isn['’]t|aren['’]t|wasn['’]t|weren['’]t|don['’]t|doesn['’]t|didn['’]t|can['’]t|couldn['’]t|won['’]t|wouldn['’]t|shouldn['’]t|hasn['’]t|haven['’]t)\b/iu,
      /吗|嗎|是否|是不是|能不能|可不可以|有没有|会不会|要不要|对不对|该不该|需不需要|真的.{0,12}[?？]$/u,
      /^(?:ist|sind|war|waren|kann|k(?:ö|oe)nnen|darf|d(?:ü|ue)rfen|muss|m(?:ü|ue)ssen|soll|sollte|hat|haben|hatte|wird|werden|wurde|gibt|gab|macht|hilft|stimmt|lohnt|braucht|brauche|bringen|bringt|steigert|funktioniert|d(?:ü|ue)rfte|hilft|kostet|sollten|darfst|kannst)\b/iu,
      /^(?!(?:Seit|Mit|Weit)\b)\p{Lu}\p{Ll}{2,}(?:ert|igt|ürzt|elt) \p{Lu}/u,
      /^(?:est-ce qu|(?:est|sont|a|ont|peut|doit|faut|existe|y a)-(?:t-)?(?:il|elle|ils|elles|on|ce)\b|\p{L}+-(?:t-)?(?:il|elle|on)\b)/iu,
      /^¿\s*(?:es|son|est(?:á|a)|est(?:á|a)n|hay|puede[ns]?|tiene[ns]?|se puede|fue|existe[n]?|debo|puedo|sirve|ha|han)\b/iu,
      /^(?:è|é|sono|ha|hanno|c['’](?:è|e)|ci sono|si pu(?:ò|o)|posso|esiste|esistono|devo|serve)\s/iu,
      /^(?!.*(?:何|誰|いつ|どこ|どう|なぜ|いくら|どの|どれ|どん|なに)).*(?:ですか|ますか|でしょうか|のか)[?？。]*$/u,
    ],
  ],
  [
    // "How does it work", "Wie wirkt", 怎么…的: what else asks for the way of things.
    'explanation',
    [
      /\bhow\b(?! (?:is|are) (?:it|that|he|she) called)/iu,
      /怎么|怎样|如何|是怎/u,
      /\bwie\b(?! (?:hei(?:ß|ss)t|hei(?:ß|ss)en)\b)/iu,
      /\bcomment\b(?! s['’]appelle)/iu,
      /\bc(?:ó|o)mo\b(?! se llama)/iu,
      /\bcome\b(?= (?:funziona|si|è|mai|hanno|ha|fa)\b)/iu,
      /どうやって|どのように|どう/u,
    ],
  ],
  [
    'fact',
    [
      /\b(?:who|whom|whose|when|where|which|what|defaults?)\b/iu,
      /谁|什么|哪|何时|何地|何人|何处|几|啥/u,
      /^(?:\S+ )?(?:wer|wen|wem|wann|wo|woher|wohin|was|welche[rsnm]?)\b/iu,
      /\b(?:qui|quand|où|quel|quelle|que|quoi)\b/iu,
      /\b(?:qui(?:é|e)n|cu(?:á|a)ndo|d(?:ó|o)nde|qu(?:é|e)|cu(?:á|a)l)\b/iu,
      /\b(?:chi|quando|dove|quale|qual|che|cosa)\b/iu,
      /誰|いつ|どこ|何|どの|どれ/u,
    ],
  ],
];
