"""The 256 Portuguese words of the code that two people read to each other (part of the wire's contract).

Each is an everyday word of 4 to 8 plain letters, without accent, in alphabetical order; its place is the byte
it stands for. Any two differ by three letters or more, as written and as spoken (`heard` in the tests), and
none begins another, so that a word misheard is a word that is not in the list.
"""

_TEXT = """
abrigo agulha aldeia alface alicate almofada amendoim antena aquarela argila arroz aspargo atalho
atleta azeite azul bacalhau balsa banco batata baunilha bengala bezerro bigode bilhete bolacha
boneca bosque bronze cabana cabelo cabide camisa canguru canivete capacete capivara caracol carne
carteira cartola castanha caverna cenoura chave chifre chinelo chocalho cidade cinema ciranda clube
cobertor cocada coelho coentro cogumelo colmeia concha cordeiro corneta cortina coruja cratera creme
cristal dedo deserto diamante domingo elefante elevador emblema embrulho empada encanto energia
ervilha escova espelho esponja esquilo estrela fazenda feijoada feira filme flamingo flauta flecha
flor formiga frango fuligem funil futebol galeria galope garagem garganta garoto gengibre girafa
girassol globo goiaba golfinho graveto gruta guarda igreja ilha inseto inverno iogurte janela
jangada jantar jasmim javali jogo jornal lagarto lagosta lanche lavanda lentilha leopardo leque
limonada livro loja machado madeira manteiga marmita martelo mastro melancia melodia mercado mingau
mochila moeda moinho montanha mosaico mostarda motor museu navalha neblina nervo noite nuvem oceano
oficina oliva ombro orvalho ostra outono ovelha palmeira palmito pandeiro papagaio parafuso pardal
parede patinete pedreiro peneira pepino perfume pijama piloto pinguim pipoca pitanga placa pneu
pomar porta prado prancha prisma pudim quadro queijo quiabo rampa rapadura raposa rebanho relva
remendo repolho retrato rodovia romance rosto rumo sabonete sacola safira salgado salto sanfona
sardinha semana serrote sirene sorriso sorvete talher tambor tapete tapioca tarefa teatro tecido
telefone templo ternura tigela tinta toalha tomate tomilho torneira trator trombone tronco tucano
tulipa turquesa universo urso utopia vagalume vampiro vapor vassoura veludo verniz viagem vilarejo
vinagre violeta violino vitrine viveiro vizinho volante zabumba
"""

WORDS: tuple[str, ...] = tuple(_TEXT.split())


def words_of(data: bytes) -> tuple[str, ...]:
    """Return one word for each byte."""
    return tuple(WORDS[byte] for byte in data)
