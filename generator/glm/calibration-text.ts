/** Text of the kind that answers are made of, in two languages: what a cache's scales are measured on. */
export const calibrationText = `References:
[1] The River Thames flows for 346 km (215 miles) through southern England; it rises at Thames Head in Gloucestershire and reaches the North Sea by the Thames Estuary. Its catchment covers 12,935 square kilometres, about 10 % of England, and supplies two-thirds of London's drinking water.
[2] "We measured the flow at Kingston every day since 1883," said Dr. Helen O'Brien, the author of the report. The highest value, 806 cubic metres per second, was recorded on 18 November 1894; the lowest, on several days of 1976, was close to zero.
[3] In 1858 the smell of the river became so strong that the House of Commons voted to build new sewers. Joseph Bazalgette's network, finished in 1875, cost £4.2 million; most of it is still in use today. See https://example.org/history?id=42 for the plans.
[4] 泰晤士河是英国南部的一条河流，全长三百四十六公里，流经牛津、雷丁和伦敦，最后注入北海。它是伦敦饮用水的主要来源，2019年的调查发现河里有一百二十五种鱼类。
[5] \`\`\`python
def mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else 0.0
\`\`\`

Question: How long is the Thames, and why were London's sewers built? 泰晤士河有多长？
Answer: The Thames is 346 km (215 miles) long [1]. London's sewers were built because in 1858 the smell of the river had become so strong that the House of Commons voted for them [3]; the network was finished in 1875 [3]. 泰晤士河全长三百四十六公里[4]。

- Name: Thames (Latin: Tamesis), first written down by Julius Caesar in 54 BC.
- Length: 346 km; basin: 12,935 km²; mean flow: 65.8 m³/s.
- Towns: Oxford, Reading, Windsor, Kingston, London.

However, nobody knows exactly where the first bridge stood, nor who paid for it; the oldest piles that archaeologists have found at Vauxhall are dated to between 1750 and 1285 BC, and they may have led only to an island. La Tamise est le deuxième fleuve du Royaume-Uni. Die Themse ist der längste Fluss, der ganz in England liegt.`;
